
declare
    setting pg_catalog.text[];
begin
    foreach setting slice 1 in array settings loop
        perform pg_catalog.set_config(setting[1], setting[2], true);
    end loop;
    return null;
end
