-- What has changed since a state of the database, as one JSON text. $1: the snapshot of that state. $2: the source of the triggers'
-- function. All of it is read with one snapshot, that of the new state. A log is trusted if its schema and its function belong to a role
-- that has at least the rights of the connection's own user anyway.
with trusted as (
    select f.oid
    from pg_catalog.pg_namespace as n
    join pg_catalog.pg_proc as f on f.pronamespace = n.oid and f.proname = 'note' and f.prosecdef and f.prosrc = $2::pg_catalog.text
    where n.nspname = 'glowplug_live' and not exists (
        select from pg_catalog.pg_roles as r
        where r.oid in (n.nspowner, f.proowner)
            and not r.rolsuper
            and r.rolname <> session_user
            and r.oid <> (select datdba from pg_catalog.pg_database where datname = current_database())
    )
)
select json_build_object(
    'snapshot', pg_current_snapshot()::pg_catalog.text,
    -- Tables that cannot change without a record: their trigger is Glowplug's, fires for all four commands, and has not been disabled since
    -- it was created. Changes that logical replication applies fire no statement triggers.
    'logged', coalesce((
        select json_agg(t.tgrelid::pg_catalog.int8)
        from pg_catalog.pg_trigger as t
        join trusted as f on f.oid = t.tgfoid
        where t.tgenabled = 'A' and t.tgtype = 60 and t.tgqual is null and t.tgattr::pg_catalog.text = ''
            and not exists (select from pg_catalog.pg_subscription_rel as s where s.srrelid = t.tgrelid)
    ), '[]'),
    -- A statement on a table may have written to its partitions and children.
    'changed', case when p.before <= pg_snapshot_xmin(s.since) then coalesce((
        with recursive tree(oid) as (
            select c.relation
            from glowplug_live.change as c
            where c.xid >= pg_snapshot_xmin(s.since) and not pg_visible_in_snapshot(c.xid, s.since)
            union
            select i.inhrelid from tree as t join pg_catalog.pg_inherits as i on i.inhparent = t.oid
        )
        select json_agg(t.oid::pg_catalog.int8) from tree as t
    ), '[]') end,
    -- Answers also depend on policies, privileges, views and functions. A row that is written again has another xmin.
    'structure', (
        select coalesce(sum(hash_record_extended(row(c.tableoid, c.oid, c.xmin), 0)), 0)::pg_catalog.text
        from (
            select tableoid, oid, xmin from pg_catalog.pg_policy
            union all
            select tableoid, oid, xmin from pg_catalog.pg_proc where oid >= 16384
            union all
            select tableoid, oid, xmin from pg_catalog.pg_rewrite where oid >= 16384
            union all
            select tableoid, oid, xmin from pg_catalog.pg_class
            where oid >= 16384 and relkind in ('r', 'p', 'v', 'm', 'f') and relpersistence <> 't'
            union all
            select t.tableoid, t.oid, t.xmin from pg_catalog.pg_trigger as t join trusted as f on f.oid = t.tgfoid
            union all
            select tableoid, roleid, xmin from pg_catalog.pg_auth_members
            union all
            select tableoid, oid, xmin from pg_catalog.pg_namespace
            union all
            select tableoid, oid, xmin from pg_catalog.pg_enum
            union all
            select tableoid, inhrelid, xmin from pg_catalog.pg_inherits
            union all
            select tableoid, attrelid, xmin from pg_catalog.pg_attribute where attacl is not null
        ) as c
    )
)::pg_catalog.text
from (select $1::pg_catalog.pg_snapshot as since) as s
left join glowplug_live.pruned as p on true
