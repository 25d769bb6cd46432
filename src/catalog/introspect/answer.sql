-- The catalog JSON.
select json_build_object(
    'text_search', json_build_object(
        'configurations', (
            select coalesce(json_agg(json_build_object('schema', c.nspname, 'name', c.cfgname)
                order by c.is_added, c.nspname, c.cfgname), '[]')
            from text_configuration as c
        ),
        -- As new sessions have it: neither what a client of the pooler has set in this session, nor what it was when the session began.
        'default', (
            select json_build_object('schema', c.nspname, 'name', c.cfgname)
            from text_configuration as c
            join default_text_configuration as s on s.name in (
                pg_catalog.quote_ident(c.nspname) || '.' || pg_catalog.quote_ident(c.cfgname), pg_catalog.quote_ident(c.cfgname)
            )
            order by c.is_added, c.nspname
            limit 1
        ),
        'trigrams', (
            select n.nspname
            from pg_catalog.pg_extension as e
            join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
            where e.extname = 'pg_trgm' and pg_catalog.has_schema_privilege(n.oid, 'usage')
        )
    ),
    -- pgvector's schema, if its operators on `bit` are there, which it has since 0.7.
    'bit_distances', (
        select n.nspname
        from pg_catalog.pg_extension as e
        join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
        where e.extname = 'vector' and pg_catalog.has_schema_privilege(n.oid, 'usage') and exists (
            select from pg_catalog.pg_operator as o
            where o.oprnamespace = n.oid and o.oprname = '<~>' and o.oprleft = 'pg_catalog.bit'::pg_catalog.regtype
        )
    ),
    -- Whether neither the server's configuration nor the database nor the login role has set it.
    'has_default_page_cost', (
        select s.reset_val = s.boot_val from pg_catalog.pg_settings as s where s.name = 'random_page_cost'
    ),
    'citus', (select e.extversion from pg_catalog.pg_extension as e where e.extname = 'citus'),
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
            'delimiter', nullif(t.typdelim, ','),
            'base', nullif(t.typbasetype, 0)::pg_catalog.int8,
            'relation', nullif(t.typrelid, 0)::pg_catalog.int8,
            'subtype', case when t.typtype in ('r', 'm') then (
                select json_build_object('schema', s.nspname, 'name', e.typname)
                from pg_catalog.pg_range as r
                join pg_catalog.pg_type as e on e.oid = r.rngsubtype
                join pg_catalog.pg_namespace as s on s.oid = e.typnamespace
                where t.oid in (r.rngtypid, r.rngmultitypid) and pg_catalog.has_schema_privilege(s.oid, 'usage')
            ) end,
            'comment', pg_catalog.obj_description(t.oid, 'pg_type'),
            'attributes', (
                select json_agg(json_build_object(
                    'name', a.attname,
                    'type', a.atttypid::pg_catalog.int8,
                    'is_deterministic', coalesce(l.collisdeterministic, true),
                    'comment', pg_catalog.col_description(a.attrelid, a.attnum)
                ) order by a.attnum)
                from pg_catalog.pg_class as c
                join pg_catalog.pg_attribute as a on a.attrelid = c.oid
                left join pg_catalog.pg_collation as l on l.oid = a.attcollation
                where c.oid = t.typrelid and c.relkind = 'c' and a.attnum > 0 and not a.attisdropped
            ),
            'labels', (
                select json_agg(e.enumlabel order by e.enumsortorder)
                from pg_catalog.pg_enum as e
                where e.enumtypid = t.oid
            ),
            'extension', (
                select e.extname
                from pg_catalog.pg_depend as d
                join pg_catalog.pg_extension as e on e.oid = d.refobjid
                where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.objid = t.oid and d.deptype = 'e'
                    and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
            ),
            'is_exposed', exists (select from exposed_schema as s where s.oid = t.typnamespace)
                and pg_catalog.has_type_privilege(t.oid, 'usage'),
            'may_be_named', pg_catalog.has_schema_privilege(n.oid, 'usage'),
            'order', (
                select json_object_agg(found.purpose, json_build_object('schema', s.nspname, 'name', o.oprname))
                from pg_catalog.pg_amop as a
                join pg_catalog.pg_operator as own on own.oid = a.amopopr
                cross join lateral (values
                    ((array['less', 'less_or_equal', 'equal', 'greater_or_equal', 'greater'])[a.amopstrategy], own.oid),
                    (case when a.amopstrategy = 3 then 'not_equal' end, own.oprnegate)
                ) as found(purpose, oid)
                join pg_catalog.pg_operator as o on o.oid = found.oid
                join pg_catalog.pg_namespace as s on s.oid = o.oprnamespace
                where a.amopfamily = c.opcfamily and a.amoppurpose = 's'
                    and a.amoplefttype = c.opcintype and a.amoprighttype = c.opcintype
                    and found.purpose is not null
                -- A class that lacks some of them can order, but not compare.
                having count(distinct a.amopstrategy) = 5
            ),
            'may_be_compared', not exists (
                select
                from pg_catalog.pg_amop as a
                join pg_catalog.pg_operator as o on o.oid = a.amopopr
                where a.amopfamily = c.opcfamily and a.amoplefttype = c.opcintype
                    and not pg_catalog.has_schema_privilege(o.oprnamespace, 'usage')
            )
        ) order by n.nspname, t.typname)
        from (select distinct oid from used_type) as u
        join pg_catalog.pg_type as t on t.oid = u.oid
        join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
        -- The operator class that ORDER BY uses: the type's own, else that of a binary-compatible type.
        left join lateral (
            select o.opcfamily, o.opcintype
            from pg_catalog.pg_opclass as o
            join pg_catalog.pg_am as m on m.oid = o.opcmethod and m.amname = 'btree'
            join pg_catalog.pg_type as i on i.oid = o.opcintype
            where o.opcdefault and (o.opcintype = t.oid or exists (
                select from pg_catalog.pg_cast as k
                where k.castsource = t.oid and k.casttarget = o.opcintype
                    and k.castmethod = 'b' and k.castcontext = 'i'
            ) or o.opcintype = case t.typtype
                when 'e' then 'pg_catalog.anyenum'::pg_catalog.regtype
                when 'r' then 'pg_catalog.anyrange'::pg_catalog.regtype
                when 'm' then 'pg_catalog.anymultirange'::pg_catalog.regtype
            end)
            order by o.opcintype = t.oid desc, i.typispreferred desc
            limit 1
        ) as c on true
    ), '[]'),
    'tables', coalesce((
        select json_agg(json_build_object(
            'oid', r.oid::pg_catalog.int8,
            'schema', r.nspname,
            'name', r.relname,
            'kind', r.relkind,
            'is_readable', r.is_readable,
            'is_partition', r.relispartition,
            'has_children', r.relhassubclass and r.relkind <> 'p',
            'has_row_security', r.relrowsecurity,
            'is_plain', r.oid in (select p.oid from plain as p),
            'keeps_values', r.relkind in ('r', 'p') and r.oid not in (select w.oid from rewriting as w),
            'comment', d.description,
            'can_select', r.selects_all,
            'can_insert', pg_catalog.has_any_column_privilege(r.oid, 'insert'),
            'can_update', pg_catalog.has_any_column_privilege(r.oid, 'update'),
            'can_delete', pg_catalog.has_table_privilege(r.oid, 'delete'),
            'updatable', u.commands,
            'columns', coalesce(c.columns, '[]'),
            'primary_key', k.primary_key,
            'unique_keys', coalesce(k.unique_keys, '[]'),
            'conflict_targets', coalesce(t.targets, '[]'),
            'foreign_keys', coalesce(f.keys, '[]')
        ) order by r.position, r.relname)
        from relation as r
        join updatable as u on u.oid = r.oid
        left join pg_catalog.pg_description as d
            on d.objoid = r.oid and d.objsubid = 0 and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
        left join column_list as c on c.attrelid = r.oid
        left join key_list as k on k.indrelid = r.oid
        left join conflict_target as t on t.indrelid = r.oid
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
            'comment', d.description,
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
        left join pg_catalog.pg_description as d
            on d.objoid = p.oid and d.objsubid = 0 and d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    ), '[]')
)::pg_catalog.text
