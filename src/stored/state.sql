-- What stands in the way of stored operations, and the functions that there are, as one JSON text.
select json_build_object(
    'user', session_user,
    'isStandby', pg_is_in_recovery(),
    'hasLanguage', exists (
        select from pg_catalog.pg_language as l
        where l.lanname = 'plpgsql' and has_language_privilege(session_user, l.oid, 'usage')
    ),
    'hasSchema', n.oid is not null,
    'mayCreate', coalesce(
        has_schema_privilege(session_user, n.oid, 'create') and has_schema_privilege(session_user, n.oid, 'usage'), false
    ),
    'total', (select count(*) from pg_catalog.pg_proc as f where f.pronamespace = n.oid),
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
