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
