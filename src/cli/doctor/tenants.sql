-- What the schemas of tenants lack of the one that stands for all of them. $1: that schema. $2: the exposed schemas, which are no tenant's.
-- A schema with a table of the same name is a tenant's. Of very many schemas, the first ones in their order are compared.
with template as (
    select c.relname, array(
        select a.attname::pg_catalog.text from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ) as columns
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = $1::pg_catalog.text and c.relkind in ('r', 'p', 'v', 'm', 'f')
),
tenant as (
    select n.oid, n.nspname
    from pg_catalog.pg_namespace as n
    where n.nspname !~ '^(pg_|glowplug)' and n.nspname not in ('information_schema', 'public')
        and n.nspname <> all ($2::pg_catalog.text[])
        and exists (
            select from pg_catalog.pg_class as c join template as t on t.relname = c.relname
            where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f')
        )
    order by n.nspname
    limit 2000
),
lacking as (
    select s.nspname, pg_catalog.format('%s.%s', s.nspname, t.relname) as name
    from tenant as s
    cross join template as t
    left join pg_catalog.pg_class as c
        on c.relnamespace = s.oid and c.relname = t.relname and c.relkind in ('r', 'p', 'v', 'm', 'f')
    where c.oid is null or not t.columns <@ array(
        select a.attname::pg_catalog.text from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    )
)
select pg_catalog.json_build_object(
    'is_there', exists (select from pg_catalog.pg_namespace as n where n.nspname = $1::pg_catalog.text),
    'schemas', (select pg_catalog.count(*) from tenant),
    'behind', (select pg_catalog.count(distinct nspname) from lacking),
    'examples', (
        select coalesce(pg_catalog.json_agg(name order by name), '[]') from (select name from lacking order by name limit 5) as first
    )
)::pg_catalog.text
