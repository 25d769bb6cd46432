-- Keys of each relation: unique ones, those that ON CONFLICT can name, and foreign keys.
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
-- Unique indexes that ON CONFLICT can name, with the columns that it reads of them. PostgreSQL supports neither deferrable ones, nor
-- exclusion constraints for updates, nor any index of a table with rules for inserts or updates.
conflict_target as (
    select
        i.indrelid,
        json_agg(json_build_object(
            'name', x.relname,
            'comment', coalesce(own.description, (
                select d.description
                from pg_catalog.pg_description as d
                where d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objoid = x.oid and d.objsubid = 0
            )),
            'is_constraint', k.oid is not null,
            'columns', (
                select coalesce(json_agg(a.attname order by a.attnum), '[]')
                from pg_catalog.pg_attribute as a
                where a.attrelid = i.indrelid and a.attnum > 0 and (
                    a.attnum = any ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts - 1])
                    or (i.indexprs is not null or i.indpred is not null) and exists (
                        select from pg_catalog.pg_depend as d
                        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = x.oid
                            and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                            and d.refobjid = i.indrelid and d.refobjsubid = a.attnum
                    )
                )
            ),
            -- PostgreSQL opens the index for them; ON CONFLICT names a constraint by its name.
            'terms', case when k.oid is null then (
                select json_agg(pg_catalog.pg_get_indexdef(x.oid, n.place, false) order by n.place)
                from generate_series(1, i.indnkeyatts) as n(place)
            ) end,
            'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid)
        ) order by x.relname) as targets
    from pg_catalog.pg_index as i
    join relation as r on r.oid = i.indrelid and r.relkind in ('r', 'p')
    join pg_catalog.pg_class as x on x.oid = i.indexrelid
    left join pg_catalog.pg_constraint as k on k.conindid = x.oid and k.conrelid = i.indrelid and k.contype in ('p', 'u')
    left join pg_catalog.pg_description as own
        on own.objoid = k.oid and own.objsubid = 0 and own.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
    where i.indisunique and i.indisvalid and i.indimmediate and not i.indisexclusion
        and not exists (select from rule as w where w.relid = i.indrelid and w.command & 12 <> 0)
    group by i.indrelid
),
foreign_key as (
    select
        f.conrelid,
        json_agg(json_build_object(
            'name', f.conname,
            'comment', d.description,
            'referenced_table', f.confrelid::pg_catalog.int8,
            -- Whether each referencing row finds a referenced one: constraints do not cover the children of a table that is not
            -- partitioned.
            'is_enforced', f.convalidated and not f.condeferrable
                and coalesce((later.facts ->> 'conenforced')::pg_catalog.bool, true)
                and (r.relkind = 'p' or not exists (
                    select from pg_catalog.pg_inherits as h where h.inhparent = f.conrelid
                )),
            'is_temporal', coalesce((later.facts ->> 'conperiod')::pg_catalog.bool, false),
            'columns', (
                select json_agg(a.attname order by k.position)
                from unnest(f.conkey) with ordinality as k(attnum, position)
                join pg_catalog.pg_attribute as a on a.attrelid = f.conrelid and a.attnum = k.attnum
            ),
            'referenced_columns', (
                select json_agg(a.attname order by k.position)
                from unnest(f.confkey) with ordinality as k(attnum, position)
                join pg_catalog.pg_attribute as a on a.attrelid = f.confrelid and a.attnum = k.attnum
            ),
            'operators', (
                select json_agg(json_build_object(
                    'schema', n.nspname,
                    'name', o.oprname
                ) order by k.position) filter (where pg_catalog.has_schema_privilege(n.oid, 'usage'))
                from unnest(f.conpfeqop) with ordinality as k(oid, position)
                -- The limit keeps it from becoming a join, which would read all operators for each key.
                cross join lateral (
                    select found.oprname, found.oprnamespace
                    from pg_catalog.pg_operator as found
                    where found.oid = k.oid
                    limit 1
                ) as o
                join pg_catalog.pg_namespace as n on n.oid = o.oprnamespace
            )
        ) order by f.conname) as keys
    from pg_catalog.pg_constraint as f
    join relation as r on r.oid = f.conrelid
    join relation as referenced on referenced.oid = f.confrelid
    left join pg_catalog.pg_constraint as parent on parent.oid = f.conparentid
    left join pg_catalog.pg_description as d
        on d.objoid = f.oid and d.objsubid = 0 and d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
    -- Columns that do not exist before PostgreSQL 18.
    cross join lateral (select case
        when pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 180000 then pg_catalog.to_jsonb(f)
    end) as later(facts)
    -- A key that references a partitioned table has another entry for each partition that it references.
    where f.contype = 'f' and parent.conrelid is distinct from f.conrelid
    group by f.conrelid
),
