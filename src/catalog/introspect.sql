-- The picture of the database as one JSON text, seen with the privileges of the current role.
-- $1: the exposed schemas, in order of precedence. Everything is qualified, whatever the search_path.
-- The columns of a key are looked up in pg_attribute by its index: a common table expression would be searched whole for
-- each key, which takes minutes where there are thousands of them.
with recursive
exposed_schema as (
    select n.oid, n.nspname, u.position
    from unnest($1::pg_catalog.text[]) with ordinality as u(name, position)
    join pg_catalog.pg_namespace as n on n.nspname = u.name
    where pg_catalog.has_schema_privilege(n.oid, 'usage')
),
relation as (
    select c.*, s.nspname, s.position
    from pg_catalog.pg_class as c
    join exposed_schema as s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
),
attribute as (
    select a.*
    from pg_catalog.pg_attribute as a
    join relation as r on r.oid = a.attrelid
    where a.attnum > 0 and not a.attisdropped
),
callable as (
    select p.*, s.nspname, s.position
    from pg_catalog.pg_proc as p
    join exposed_schema as s on s.oid = p.pronamespace
    -- What an extension brought is no part of anybody's application.
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
    cross join lateral (values (t.typbasetype), (case when t.typcategory = 'A' then t.typelem end)) as referred(oid)
    where referred.oid <> 0
),
column_list as (
    select
        a.attrelid,
        json_agg(json_build_object(
            'name', a.attname,
            'type', a.atttypid::pg_catalog.int8,
            'not_null', a.attnotnull,
            'has_default', a.atthasdef,
            'is_generated', a.attgenerated <> '',
            'is_identity', a.attidentity <> '',
            'is_serial', a.atthasdef and exists (
                select from pg_catalog.pg_depend as d
                -- A column's indexes depend on it as its sequence does.
                join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
                where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    and d.refobjid = a.attrelid and d.refobjsubid = a.attnum and d.deptype = 'a'
            ),
            'comment', pg_catalog.col_description(a.attrelid, a.attnum),
            'can_select', pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'select'),
            'can_insert', pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'insert'),
            'can_update', pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'update')
        ) order by a.attnum) as columns
    from attribute as a
    group by a.attrelid
),
unique_key as (
    select
        i.indrelid,
        i.indisprimary,
        (
            select json_agg(a.attname order by k.position)
            from unnest(i.indkey::pg_catalog.int2[]) with ordinality as k(attnum, position)
            join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
            where k.position <= i.indnkeyatts
        ) as columns
    from pg_catalog.pg_index as i
    join relation as r on r.oid = i.indrelid
    where i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
),
key_list as (
    select
        k.indrelid,
        json_agg(k.columns) filter (where k.indisprimary) -> 0 as primary_key,
        json_agg(k.columns order by k.columns::pg_catalog.text) as unique_keys
    from unique_key as k
    group by k.indrelid
),
foreign_key as (
    select
        f.conrelid,
        json_agg(json_build_object(
            'name', f.conname,
            'comment', pg_catalog.obj_description(f.oid, 'pg_constraint'),
            'referenced_table', f.confrelid::pg_catalog.int8,
            'columns', (
                select json_agg(a.attname order by k.position)
                from unnest(f.conkey) with ordinality as k(attnum, position)
                join pg_catalog.pg_attribute as a on a.attrelid = f.conrelid and a.attnum = k.attnum
            ),
            'referenced_columns', (
                select json_agg(a.attname order by k.position)
                from unnest(f.confkey) with ordinality as k(attnum, position)
                join pg_catalog.pg_attribute as a on a.attrelid = f.confrelid and a.attnum = k.attnum
            )
        ) order by f.conname) as keys
    from pg_catalog.pg_constraint as f
    join relation as r on r.oid = f.conrelid
    join relation as referenced on referenced.oid = f.confrelid
    left join pg_catalog.pg_constraint as parent on parent.oid = f.conparentid
    -- A key that refers to a partitioned table stands once more for each partition that it refers to.
    where f.contype = 'f' and parent.conrelid is distinct from f.conrelid
    group by f.conrelid
)
select json_build_object(
    'schemas', coalesce((
        select json_agg(json_build_object(
            'name', s.nspname,
            'comment', pg_catalog.obj_description(s.oid, 'pg_namespace')
        ) order by s.position)
        from exposed_schema as s
    ), '[]'),
    'types', coalesce((
        select json_agg(json_build_object(
            'oid', t.oid::pg_catalog.int8,
            'schema', n.nspname,
            'name', t.typname,
            'kind', t.typtype,
            'element', case when t.typcategory = 'A' then nullif(t.typelem, 0)::pg_catalog.int8 end,
            'base', nullif(t.typbasetype, 0)::pg_catalog.int8,
            'relation', nullif(t.typrelid, 0)::pg_catalog.int8,
            'comment', pg_catalog.obj_description(t.oid, 'pg_type'),
            'labels', (
                select json_agg(e.enumlabel order by e.enumsortorder)
                from pg_catalog.pg_enum as e
                where e.enumtypid = t.oid
            ),
            'is_exposed', exists (select from exposed_schema as s where s.oid = t.typnamespace)
                and pg_catalog.has_type_privilege(t.oid, 'usage'),
            'is_orderable', t.typtype in ('e', 'r', 'm') or exists (
                select
                from pg_catalog.pg_opclass as o
                join pg_catalog.pg_am as m on m.oid = o.opcmethod
                where m.amname = 'btree' and o.opcdefault and (o.opcintype = t.oid or exists (
                    select from pg_catalog.pg_cast as c
                    where c.castsource = t.oid and c.casttarget = o.opcintype
                        and c.castmethod = 'b' and c.castcontext = 'i'
                ))
            )
        ) order by n.nspname, t.typname)
        from (select distinct oid from used_type) as u
        join pg_catalog.pg_type as t on t.oid = u.oid
        join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
    ), '[]'),
    'tables', coalesce((
        select json_agg(json_build_object(
            'oid', r.oid::pg_catalog.int8,
            'schema', r.nspname,
            'name', r.relname,
            'kind', r.relkind,
            'is_partition', r.relispartition,
            'has_row_security', r.relrowsecurity,
            'comment', pg_catalog.obj_description(r.oid, 'pg_class'),
            'can_insert', pg_catalog.has_any_column_privilege(r.oid, 'insert'),
            'can_update', pg_catalog.has_any_column_privilege(r.oid, 'update'),
            'can_delete', pg_catalog.has_table_privilege(r.oid, 'delete'),
            'updatable', pg_catalog.pg_relation_is_updatable(r.oid, true),
            'columns', coalesce(c.columns, '[]'),
            'primary_key', k.primary_key,
            'unique_keys', coalesce(k.unique_keys, '[]'),
            'foreign_keys', coalesce(f.keys, '[]')
        ) order by r.position, r.relname)
        from relation as r
        left join column_list as c on c.attrelid = r.oid
        left join key_list as k on k.indrelid = r.oid
        left join foreign_key as f on f.conrelid = r.oid
    ), '[]'),
    'functions', coalesce((
        select json_agg(json_build_object(
            'oid', p.oid::pg_catalog.int8,
            'schema', p.nspname,
            'name', p.proname,
            'signature', pg_catalog.pg_get_function_identity_arguments(p.oid),
            'kind', p.prokind,
            'volatility', p.provolatile,
            'is_set', p.proretset,
            'is_one_row', p.prorows = 1,
            'returns', p.prorettype::pg_catalog.int8,
            'comment', pg_catalog.obj_description(p.oid, 'pg_proc'),
            'can_execute', pg_catalog.has_function_privilege(p.oid, 'execute'),
            'arguments', coalesce((
                select json_agg(json_build_object(
                    'name', a.name,
                    'type', a.type::pg_catalog.int8,
                    'mode', a.mode,
                    'default', pg_catalog.pg_get_function_arg_default(p.oid, a.position::pg_catalog.int4)
                ) order by a.position)
                from parameter as a
                where a.function = p.oid
            ), '[]')
        ) order by p.position, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
        from callable as p
    ), '[]')
)::pg_catalog.text
