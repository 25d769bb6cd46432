-- Versions that show whether the catalog JSON of a role may have changed, as one JSON text. The query reads the rows of the system catalogs
-- that introspection reads, for any role, and costs a small part of introspection. $1: the exposed schemas. $2: the roles; null is the
-- connection's own user.
--
-- A row that is written again has another xmin, so its key and xmin stand for all of its contents. Rows of pg_class are compared by their
-- contents, because TRUNCATE and REFRESH MATERIALIZED VIEW write them but do not change the catalog JSON. Sums of hashes do not depend on
-- the order of the rows. Temporary tables are in no exposed schema.
with recursive
exposed_schema as (
    select n.tableoid, n.oid, n.xmin
    from pg_catalog.pg_namespace as n
    where n.nspname = any ($1::pg_catalog.text[])
),
relation as materialized (
    select
        c.oid,
        pg_catalog.hash_record_extended(row(
            c.tableoid, c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relispartition, c.relhassubclass, c.relrowsecurity, c.relacl
        ), 0) as hash
    from pg_catalog.pg_class as c
    join exposed_schema as s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
),
-- Types of other schemas may be types of columns; arrays change with their elements, row types with their tables.
used_type as (
    select t.tableoid, t.oid, t.xmin
    from pg_catalog.pg_type as t
    where t.oid >= 16384
        and (t.typtype in ('e', 'd', 'r', 'm') or (t.typtype in ('b', 'c') and t.typnamespace in (select oid from exposed_schema)))
),
asked_role as (
    select u.position, u.name, r.oid
    from unnest($2::pg_catalog.text[]) with ordinality as u(name, position)
    join pg_catalog.pg_roles as r on r.rolname = coalesce(u.name, session_user)
),
-- All roles whose privileges a role may have, including itself.
member_of(asked, oid) as (
    select oid, oid from asked_role
    union
    select m.asked, g.roleid
    from member_of as m
    join pg_catalog.pg_auth_members as g on g.member = m.oid
),
catalogue(hash) as (
    select hash from relation
    union all
    select pg_catalog.hash_record_extended(row(a.tableoid, a.attrelid, a.attnum, a.xmin), 0)
    from pg_catalog.pg_attribute as a
    join relation as r on r.oid = a.attrelid
    where a.attnum > 0
    union all
    -- An index is renamed in pg_class.
    select pg_catalog.hash_record_extended(row(i.tableoid, i.indexrelid, i.xmin, x.relname), 0)
    from pg_catalog.pg_index as i
    join relation as r on r.oid = i.indrelid
    join pg_catalog.pg_class as x on x.oid = i.indexrelid
    union all
    select pg_catalog.hash_record_extended(row(c.tableoid, c.oid, c.xmin), 0)
    from pg_catalog.pg_constraint as c
    join relation as r on r.oid = c.conrelid
    union all
    -- The commands that a view supports depend on the rules and triggers of all relations below it. The code that a change runs includes
    -- the triggers of keys.
    select pg_catalog.hash_record_extended(row(r.tableoid, r.oid, r.xmin), 0)
    from pg_catalog.pg_rewrite as r
    where r.oid >= 16384
    union all
    select pg_catalog.hash_record_extended(row(t.tableoid, t.oid, t.xmin), 0)
    from pg_catalog.pg_trigger as t
    union all
    select pg_catalog.hash_record_extended(row(p.tableoid, p.oid, p.xmin), 0)
    from pg_catalog.pg_proc as p
    where p.pronamespace in (select oid from exposed_schema)
    union all
    select pg_catalog.hash_record_extended(row(tableoid, oid, xmin), 0) from used_type
    union all
    select pg_catalog.hash_record_extended(row(tableoid, oid, xmin), 0) from pg_catalog.pg_enum
    union all
    select pg_catalog.hash_record_extended(row(tableoid, oid, xmin), 0)
    from pg_catalog.pg_opclass
    where oid >= 16384
    union all
    select pg_catalog.hash_record_extended(row(tableoid, oid, xmin), 0)
    from pg_catalog.pg_cast
    where oid >= 16384
    union all
    -- Types, operators and collations are named with their schemas, if the role may use these. Sessions create temporary ones.
    select pg_catalog.hash_record_extended(row(tableoid, oid, xmin), 0)
    from pg_catalog.pg_namespace
    where nspname !~ '^pg_(toast_)?temp_'
    union all
    select pg_catalog.hash_record_extended(row(tableoid, oid, xmin), 0)
    from pg_catalog.pg_operator
    where oid >= 16384
    union all
    select pg_catalog.hash_record_extended(row(tableoid, oid, xmin), 0)
    from pg_catalog.pg_collation
    where oid >= 16384
    union all
    select pg_catalog.hash_record_extended(row(tableoid, oid, xmin), 0)
    from pg_catalog.pg_ts_config
    where oid >= 16384
    union all
    -- The text search configuration of new sessions.
    select pg_catalog.hash_record_extended(row(s.setdatabase, s.setrole, s.xmin), 0)
    from pg_catalog.pg_db_role_setting as s
    where exists (select from unnest(s.setconfig) as c(text) where c.text like 'default\_text\_search\_config=%')
    union all
    select pg_catalog.hash_record_extended(row(s.name, s.reset_val), 0)
    from pg_catalog.pg_settings as s
    where s.name in ('default_text_search_config', 'random_page_cost')
    union all
    select pg_catalog.hash_record_extended(row(d.tableoid, d.classoid, d.objoid, d.objsubid, d.xmin), 0)
    from pg_catalog.pg_description as d
    where d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
        or d.objoid in (
            select r.oid from relation as r
            union all
            select i.indexrelid from pg_catalog.pg_index as i join relation as r on r.oid = i.indrelid
        )
        or (d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objoid in (
            select p.oid from pg_catalog.pg_proc as p where p.pronamespace in (select oid from exposed_schema)
        ))
        or (d.objoid >= 16384 and d.classoid not in (
            'pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass
        ))
    union all
    -- Sequences that belong to columns, and functions that belong to extensions.
    select pg_catalog.hash_record_extended(row(d.tableoid, d.objid, d.refobjid, d.refobjsubid, d.deptype), 0)
    from pg_catalog.pg_depend as d
    where (
        d.deptype = 'a' and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.refobjid in (select oid from relation)
    ) or (d.deptype = 'e' and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
)
select json_build_object(
    'catalogue', (select coalesce(sum(hash), 0)::pg_catalog.text from catalogue),
    'roles', coalesce((
        select json_agg(json_build_object(
            'name', asked.name,
            'memberships', (
                select sum(pg_catalog.hash_record_extended(row(
                    r.oid, r.rolsuper, r.rolinherit, g.roleid, g.xmin
                ), 0))::pg_catalog.text
                from member_of as m
                join pg_catalog.pg_roles as r on r.oid = m.oid
                left join pg_catalog.pg_auth_members as g on g.member = m.oid
                where m.asked = asked.oid
            ),
            'may_be_taken', pg_catalog.pg_has_role(session_user, asked.oid, 'member'),
            'statement_timeout', (
                select case
                    when given.value ~ '^[0-9]+$' then given.value::pg_catalog.int8
                    when given.value ~ '^\s*[0-9]*\.?[0-9]+\s*(us|ms|s|min|h|d)\s*$'
                        then ceil(1000 * extract(epoch from given.value::pg_catalog.interval))::pg_catalog.int8
                end
                from pg_catalog.pg_db_role_setting as s
                cross join unnest(s.setconfig) as entry(text)
                cross join substr(entry.text, length('statement_timeout=') + 1) as given(value)
                where s.setrole = asked.oid
                    and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
                    and starts_with(entry.text, 'statement_timeout=')
                -- A setting for this database precedes one for all databases.
                order by s.setdatabase desc
                limit 1
            )
        ) order by asked.position)
        from asked_role as asked
    ), '[]')
)::pg_catalog.text
