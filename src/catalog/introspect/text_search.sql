-- The configurations of text search, and the default one.
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
