-- $1: the exposed schemas. What the current role can see in each, and which other schemas have tables.
select pg_catalog.json_build_object(
    'role', current_user,
    'schemas', (
        select pg_catalog.json_agg(
            pg_catalog.json_build_object(
                'schema', wanted.name,
                'exists', n.oid is not null,
                'may_use', n.oid is not null and pg_catalog.has_schema_privilege(n.oid, 'usage'),
                'tables', (select pg_catalog.count(*) from pg_catalog.pg_class c
                    where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')),
                'readable', (select pg_catalog.count(*) from pg_catalog.pg_class c
                    where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
                    and pg_catalog.has_any_column_privilege(c.oid, 'select, insert, update'))
            ) order by wanted.place)
        from pg_catalog.unnest($1::text[]) with ordinality wanted (name, place)
        left join pg_catalog.pg_namespace n on n.nspname = wanted.name
    ),
    'others', (
        select coalesce(pg_catalog.json_agg(distinct n.nspname), '[]')
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    )
)::text
