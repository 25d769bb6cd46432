-- The columns of each relation.
column_list as (
    select
        a.attrelid,
        -- In the order of `ColumnJson` (column.rs), with what is true of the column as words: there may be twenty thousand columns, and
        -- an object with a key for each costs twice the time and three times the length.
        json_agg(json_build_array(
            a.attname,
            a.atttypid::pg_catalog.int8,
            nullif(a.atttypmod, -1),
            case when a.attcollation not in (0, 'pg_catalog."default"'::pg_catalog.regcollation) then (
                select json_build_object(
                    'schema', n.nspname,
                    'name', c.collname,
                    'may_be_named', pg_catalog.has_schema_privilege(n.oid, 'usage'),
                    'is_deterministic', c.collisdeterministic,
                    'takes_like', c.collisdeterministic
                        or pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 180000
                )
                from pg_catalog.pg_collation as c
                join pg_catalog.pg_namespace as n on n.oid = c.collnamespace
                where c.oid = a.attcollation
            ) end,
            d.description,
            concat_ws(
                ' ',
                case when a.is_not_null then 'not_null' when a.attnotnull then 'unverified_not_null' end,
                case when a.atthasdef then 'default' end,
                case when a.attgenerated <> '' then 'generated' end,
                case when a.attidentity <> '' then 'identity' end,
                case when a.atthasdef and exists (
                    select from pg_catalog.pg_depend as d
                    -- A column's indexes depend on it in the same way as its sequence.
                    join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
                    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                        and d.refobjid = a.attrelid and d.refobjsubid = a.attnum and d.deptype = 'a'
                ) then 'serial' end,
                case when a.selects_all or pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'select') then 'select' end,
                case when (a.inserts_all or pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'insert'))
                    and coalesce(n.commands & 8 = 0, true) then 'insert' end,
                case when (a.updates_all or pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'update'))
                    and coalesce(n.commands & 4 = 0, true) then 'update' end
            )
        ) order by a.attnum) as columns
    from attribute as a
    left join unassignable as n on n.relid = a.attrelid and n.attnum = a.attnum
    left join pg_catalog.pg_description as d
        on d.objoid = a.attrelid and d.objsubid = a.attnum and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    group by a.attrelid
),
