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
