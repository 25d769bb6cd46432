-- The obstacle to stored operations, if any, and the existing functions, as one JSON text. $1: the source of the function `enter`. It is
-- called before a role is set, so it has to belong to a role that has at least the rights of the connection's own user anyway.
select json_build_object(
    'user', session_user,
    'obstacle', case
        when pg_is_in_recovery() then 'standby'
        when not exists (
            select from pg_catalog.pg_language as l
            where l.lanname = 'plpgsql' and has_language_privilege(session_user, l.oid, 'usage')
        ) then 'noLanguage'
        when n.oid is null then 'noSchema'
        when not (
            has_schema_privilege(session_user, n.oid, 'create') and has_schema_privilege(session_user, n.oid, 'usage')
        ) then 'mayNotCreate'
    end,
    'enter', (
        select f.oid::pg_catalog.int8
        from pg_catalog.pg_proc as f
        join pg_catalog.pg_language as l on l.oid = f.prolang
        join pg_catalog.pg_roles as r on r.oid = f.proowner
        where f.pronamespace = n.oid
            and f.proname = 'enter'
            and l.lanname = 'plpgsql'
            and f.prosrc = $1::pg_catalog.text
            and not f.prosecdef
            and f.proconfig is null
            and (
                r.rolsuper
                or r.rolname = session_user
                or r.oid = (select datdba from pg_catalog.pg_database where datname = current_database())
            )
            and (
                select count(*) from pg_catalog.pg_proc as same
                where same.pronamespace = n.oid and same.proname = f.proname
            ) = 1
    ),
    'total', (select count(*) from pg_catalog.pg_proc as f where f.pronamespace = n.oid and f.proname <> 'enter'),
    'own', coalesce((
        select json_agg(json_build_object(
            'name', f.proname,
            'arguments', pg_get_function_identity_arguments(f.oid),
            'note', obj_description(f.oid, 'pg_proc')
        ))
        from pg_catalog.pg_proc as f
        join pg_catalog.pg_roles as r on r.oid = f.proowner
        where f.pronamespace = n.oid and r.rolname = session_user and f.proname ~ '^f_[0-9a-f]{32}$'
    ), '[]')
)::pg_catalog.text
from (select) as one
left join pg_catalog.pg_namespace as n on n.nspname = 'glowplug_operations'
