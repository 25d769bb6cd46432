-- The schema of the log of changed tables. One message, so that everything or nothing is created, and the settings end with it. The schema
-- belongs to the connection's own user, whatever state another client of a pooler has left.
set local role none;
set local search_path = pg_catalog, pg_temp;
set local lock_timeout = '5s';
create schema if not exists glowplug_live;
do $$
declare
    owner text := (select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'glowplug_live');
begin
    if not pg_has_role(session_user, owner, 'usage') then
        raise exception 'the schema glowplug_live belongs to %', owner
            using hint = 'Run this as its owner, or have it dropped.';
    end if;
end
$$;
comment on schema glowplug_live is 'Which tables transactions have written to, for live queries of Glowplug. All of it may be dropped at any time.';
revoke all on schema glowplug_live from public;
-- A row for each transaction and table. It is not needed after a crash, because servers run everything again then.
create unlogged table if not exists glowplug_live.change (
    xid xid8 not null,
    relation oid not null,
    primary key (xid, relation)
);
-- Rows of transactions before this one may be missing. There is one row, and none after a crash.
create unlogged table if not exists glowplug_live.pruned (
    one boolean primary key default true check (one),
    before xid8 not null
);
revoke all on glowplug_live.change, glowplug_live.pruned from public;
