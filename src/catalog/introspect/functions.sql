-- Functions and their parameters, and the types that these and the columns use.
callable as (
    select p.*, s.nspname, s.position
    from pg_catalog.pg_proc as p
    join exposed_schema as s on s.oid = p.pronamespace
    -- Objects of an extension are not part of the application.
    where not exists (
        select from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
    )
),
parameter as (
    select
        p.oid as function,
        u.position,
        u.type,
        coalesce(p.proargnames[u.position], '') as name,
        coalesce(p.proargmodes[u.position], 'i') as mode
    from callable as p
    cross join lateral unnest(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[]))
        with ordinality as u(type, position)
),
used_type(oid) as (
    select direct.oid
    from (
        select atttypid from attribute
        union
        select type from parameter
        union
        select prorettype from callable
    ) as direct(oid)
    union
    select referred.oid
    from used_type as u
    join pg_catalog.pg_type as t on t.oid = u.oid
    cross join lateral (
        values (t.typbasetype), (case when t.typcategory = 'A' then t.typelem end)
        union all
        select a.atttypid
        from pg_catalog.pg_class as c
        join pg_catalog.pg_attribute as a on a.attrelid = c.oid
        where c.oid = t.typrelid and c.relkind = 'c' and a.attnum > 0 and not a.attisdropped
    ) as referred(oid)
    where referred.oid <> 0
),
