
begin
    insert into glowplug_live.change (xid, relation) values (pg_current_xact_id(), tg_relid) on conflict do nothing;
    return null;
end
