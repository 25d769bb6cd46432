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
