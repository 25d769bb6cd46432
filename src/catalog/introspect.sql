-- The catalog of the database as one JSON text, as the current role sees it. $1: the exposed schemas, in order of precedence. It runs with
-- only pg_catalog in search_path: operators are not qualified. The columns of a key are looked up in pg_attribute by its index. A common
-- table expression would be scanned for each key, which takes minutes with thousands of keys.
with recursive
exposed_schema as (
    select n.oid, n.nspname, u.position
    from unnest($1::pg_catalog.text[]) with ordinality as u(name, position)
    join pg_catalog.pg_namespace as n on n.nspname = u.name
    where pg_catalog.has_schema_privilege(n.oid, 'usage')
),
-- Foreign tables whose wrapper has no handler, and the views on them: nothing can read them, and PostgreSQL's own functions fail for them.
unreadable(oid) as (
    select f.ftrelid
    from pg_catalog.pg_foreign_table as f
    join pg_catalog.pg_foreign_server as s on s.oid = f.ftserver
    join pg_catalog.pg_foreign_data_wrapper as w on w.oid = s.srvfdw
    where w.fdwhandler = 0
    union
    select w.ev_class
    from unreadable as u
    join pg_catalog.pg_depend as d on d.refobjid = u.oid
        and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    join pg_catalog.pg_rewrite as w on w.oid = d.objid
),
relation as (
    select
        c.*, s.nspname, s.position, c.oid not in (select u.oid from unreadable as u) as is_readable,
        -- A privilege on a relation covers each column; it is checked once, not twenty times.
        pg_catalog.has_table_privilege(c.oid, 'select') as selects_all,
        pg_catalog.has_table_privilege(c.oid, 'insert') as inserts_all,
        pg_catalog.has_table_privilege(c.oid, 'update') as updates_all
    from pg_catalog.pg_class as c
    join exposed_schema as s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
),
attribute as (
    select
        a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull, a.atthasdef, a.attgenerated,
        a.attidentity, r.selects_all, r.inserts_all, r.updates_all,
        -- Nothing enforces it for rows of a foreign table, nor for rows from before a constraint that is NOT VALID (PostgreSQL 18; there
        -- are no such rows of pg_constraint before).
        a.attnotnull and r.relkind <> 'f' and n.oid is null as is_not_null
    from pg_catalog.pg_attribute as a
    join relation as r on r.oid = a.attrelid
    left join pg_catalog.pg_constraint as n
        on n.contype = 'n' and not n.convalidated and n.conrelid = a.attrelid and n.conkey[1] = a.attnum
    where a.attnum > 0 and not a.attisdropped
),
-- Which column of another relation a column of a view shows: first in the relation directly below, then down to the table. An expression
-- shows none. The view's rule says it as a node tree, in which backslashes escape spaces in names.
view_column as materialized (
    select w.ev_class as relid, c.attnum, c.origin, c.origin_attnum
    from pg_catalog.pg_class as v
    join pg_catalog.pg_rewrite as w on w.ev_class = v.oid and w.ev_type = '1'
    cross join lateral unnest(pg_catalog.string_to_array(w.ev_action::pg_catalog.text, '{TARGETENTRY ')) as entry(text)
    cross join lateral (select
        nullif(split_part(split_part(entry.text, ' :resno ', 2), ' ', 1), '')::pg_catalog.int2,
        nullif(split_part(split_part(entry.text, ' :resorigtbl ', 2), ' ', 1), '')::pg_catalog.oid,
        nullif(split_part(split_part(entry.text, ' :resorigcol ', 2), ' ', 1), '')::pg_catalog.int2
    ) as c(attnum, origin, origin_attnum)
    where v.relkind = 'v' and v.oid >= 16384 and c.origin_attnum > 0 and case
        when v.oid not in (select u.oid from unreadable as u) then pg_catalog.pg_relation_is_updatable(v.oid, true) <> 0
    end
),
shown(relid, attnum, origin, origin_attnum) as (
    select v.* from view_column as v join relation as r on r.oid = v.relid
    union
    select s.relid, s.attnum, v.origin, v.origin_attnum
    from shown as s
    join view_column as v on v.relid = s.origin and v.attnum = s.origin_attnum
),
-- Rules, each with its command as pg_relation_is_updatable numbers it. In a WITH, PostgreSQL supports only rules that replace the whole
-- command by one statement with RETURNING.
rule as (
    select
        w.ev_class as relid,
        1 << w.ev_type::pg_catalog.text::pg_catalog.int4 as command,
        w.is_instead and w.ev_qual::pg_catalog.text = '<>'
            and w.ev_action::pg_catalog.text ~ ':returningList [(]'
            and pg_catalog.pg_get_ruledef(w.oid) !~ 'DO INSTEAD +[(]' as is_taken
    from pg_catalog.pg_rewrite as w
    where w.ev_type <> '1' and w.ev_enabled <> 'D'
),
-- Commands of a view that triggers and rules replace: these accept a value for any column.
replaced as (
    select f.relid, pg_catalog.bit_or(f.command) as commands
    from (
        select r.relid, r.command from rule as r where r.is_taken
        union all
        select t.tgrelid, c.command
        from pg_catalog.pg_trigger as t
        join (values (4, 1 << 3), (8, 1 << 4), (16, 1 << 2)) as c(event, command) on t.tgtype & c.event <> 0
        where t.tgtype & 64 <> 0 and t.tgenabled <> 'D'
    ) as f
    group by f.relid
),
-- The commands that a rule prevents, on a relation itself or below it.
forbidden as (
    select f.relid, pg_catalog.bit_or(f.command) as commands
    from (
        select r.relid, r.command from rule as r where not r.is_taken
        union all
        select s.relid, r.command from rule as r join shown as s on s.origin = r.relid where not r.is_taken
    ) as f
    group by f.relid
),
-- The commands that a relation supports, as bits.
updatable as (
    select r.oid, case
        when not r.is_readable then 0
        -- What that function returns for every table, after it has opened it.
        when r.relkind in ('r', 'p') then 28 & ~coalesce(f.commands, 0)
        else pg_catalog.pg_relation_is_updatable(r.oid, true) & ~coalesce(f.commands, 0)
    end as commands
    from relation as r
    left join forbidden as f on f.relid = r.oid
),
-- Columns of views that accept no value, by the commands without triggers or rules that would accept it.
unassignable as (
    select c.relid, c.attnum, ~coalesce(r.commands, 0) as commands
    from (
        select a.attrelid as relid, a.attnum
        from attribute as a
        join relation as v on v.oid = a.attrelid and v.relkind = 'v'
        join updatable as u on u.oid = v.oid
        left join view_column as s on s.relid = a.attrelid and s.attnum = a.attnum
        where not case
            -- That function returns true only if the whole row could be updated and deleted.
            when u.commands & 20 = 20 then pg_catalog.pg_column_is_updatable(a.attrelid, a.attnum, true)
            else s.relid is not null
        end
        union
        select s.relid, s.attnum
        from shown as s
        join pg_catalog.pg_attribute as o on o.attrelid = s.origin and o.attnum = s.origin_attnum
        where o.attgenerated <> '' or o.attidentity = 'a'
    ) as c
    left join replaced as r on r.relid = c.relid
),
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
-- Tables that PostgreSQL changes without code of the application. Such a change depends on no session setting, except for the form of the
-- values themselves. A default counts only if it has the column's own type, because a cast that PostgreSQL has added by itself is not
-- visible.
default_text as materialized (
    select
        a.attrelid, a.atttypid, a.attgenerated, t.typtype, t.typnamespace,
        pg_catalog.pg_get_expr(d.adbin, d.adrelid) as text
    from attribute as a
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
),
other_default as (
    select d.attrelid
    from default_text as d
    where not (
        (d.typtype = 'e' or d.typtype = 'b' and d.typnamespace = 'pg_catalog'::pg_catalog.regnamespace)
        and d.attgenerated = ''
        and (
            d.text is null
            or d.text ~ '^''([^'']|'''')*''::' and pg_catalog.strpos(d.text, pg_catalog.chr(92)) = 0
                and split_part(d.text, '''::', 2) = pg_catalog.format_type(d.atttypid, null)
            or case pg_catalog.format_type(d.atttypid, null)
                when 'boolean' then d.text in ('true', 'false')
                when 'smallint' then d.text ~ '^[0-9]+$'
                when 'integer' then d.text ~ '^([0-9]+|nextval[(]''[^'']*''::regclass[)])$'
                when 'bigint' then d.text ~ '^([0-9]+|nextval[(]''[^'']*''::regclass[)])$'
                when 'numeric' then d.text ~ '^[0-9.]+$'
                when 'uuid' then d.text = 'gen_random_uuid()'
                when 'timestamp with time zone' then d.text in ('now()', 'CURRENT_TIMESTAMP')
            end is true
        )
    )
),
-- Sets that are computed once, because there may be a thousand tables.
plain as (
    select r.oid
    from relation as r
    where r.relkind = 'r' and not (r.relispartition or r.relhassubclass or r.relhasrules or r.relrowsecurity)
        and r.oid not in (
            select t.tgrelid
            from pg_catalog.pg_trigger as t
            where t.tgfoid not in (
                'pg_catalog."RI_FKey_check_ins"'::pg_catalog.regproc,
                'pg_catalog."RI_FKey_check_upd"'::pg_catalog.regproc,
                'pg_catalog."RI_FKey_noaction_del"'::pg_catalog.regproc,
                'pg_catalog."RI_FKey_noaction_upd"'::pg_catalog.regproc,
                'pg_catalog."RI_FKey_restrict_del"'::pg_catalog.regproc,
                'pg_catalog."RI_FKey_restrict_upd"'::pg_catalog.regproc
            )
        )
        and r.oid not in (
            select c.conrelid from pg_catalog.pg_constraint as c where c.contype not in ('p', 'u', 'f', 'n')
        )
        and r.oid not in (
            select i.indrelid from pg_catalog.pg_index as i where i.indexprs is not null or i.indpred is not null
        )
        and r.oid not in (select i.inhrelid from pg_catalog.pg_inherits as i)
        and r.oid not in (select d.attrelid from other_default as d)
),
-- Relations whose new rows may contain other values than those that were given: because of triggers that run before a row is inserted or
-- updated, because of rules, or because another server stores the row. So it is for the tables above them.
rewriting(oid) as (
    (
        select t.tgrelid from pg_catalog.pg_trigger as t
        where t.tgtype & 3 = 3 and t.tgtype & 20 <> 0 and t.tgenabled <> 'D'
        union
        select r.relid from rule as r
        union
        select f.ftrelid from pg_catalog.pg_foreign_table as f
    )
    union
    select i.inhparent
    from rewriting as w
    join pg_catalog.pg_inherits as i on i.inhrelid = w.oid
),
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
text_configuration as (
    select c.cfgname, n.nspname, n.nspname <> 'pg_catalog' as is_added
    from pg_catalog.pg_ts_config as c
    join pg_catalog.pg_namespace as n on n.oid = c.cfgnamespace
    where pg_catalog.has_schema_privilege(n.oid, 'usage')
),
-- What is set for the login role in this database, for the login role, for the database, or in the server's configuration.
default_text_configuration as (
    select coalesce(
        (
            select substr(c.text, length('default_text_search_config=') + 1)
            from pg_catalog.pg_db_role_setting as s
            cross join lateral unnest(s.setconfig) as c(text)
            where c.text like 'default\_text\_search\_config=%'
                and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()))
                and s.setrole in (0, (select r.oid from pg_catalog.pg_roles as r where r.rolname = session_user))
            order by s.setrole = 0, s.setdatabase = 0
            limit 1
        ),
        (select s.reset_val from pg_catalog.pg_settings as s where s.name = 'default_text_search_config')
    ) as name
)
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
