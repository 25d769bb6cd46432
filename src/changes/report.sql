-- The tables that should be logged, as one JSON text: those with Glowplug's trigger, and all below them. Null without a log.
select case when n.oid is not null then json_build_object(
    'mayRead', has_schema_privilege(n.oid, 'usage')
        and not exists (
            select from pg_catalog.pg_class as c
            where c.relnamespace = n.oid and c.relname in ('change', 'pruned') and not has_table_privilege(c.oid, 'select')
        ),
    'snapshot', pg_current_snapshot()::pg_catalog.text,
    'meant', coalesce((
        with recursive tree(oid) as (
            select t.tgrelid from pg_catalog.pg_trigger as t where t.tgname = 'glowplug_live'
            union
            select i.inhrelid from tree as t join pg_catalog.pg_inherits as i on i.inhparent = t.oid
        )
        select json_object_agg(t.oid::pg_catalog.text, t.oid::pg_catalog.regclass::pg_catalog.text) from tree as t
    ), '{}')
)::pg_catalog.text end
from (select) as one
left join pg_catalog.pg_namespace as n on n.nspname = 'glowplug_live'
