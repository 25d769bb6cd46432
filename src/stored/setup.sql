-- The schema of stored operations. One message, so that everything or nothing is created, and the settings end with it. The schema belongs
-- to the connection's own user, whatever state another client of a pooler has left.
set local role none;
set local search_path = pg_catalog, pg_temp;
create schema if not exists glowplug_operations;
do $$
declare
    owner text := (select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'glowplug_operations');
begin
    if not pg_has_role(session_user, owner, 'usage') then
        raise exception 'the schema glowplug_operations belongs to %', owner
            using hint = 'Run this as its owner, or have it dropped.';
    end if;
end
$$;
comment on schema glowplug_operations is 'Statements that Glowplug sends often, as functions: PostgreSQL keeps their plans. All of it may be dropped at any time.';
revoke all on schema glowplug_operations from public;
-- The caller of a function needs its own rights to the data that the statement reads and writes.
grant usage on schema glowplug_operations to public;
