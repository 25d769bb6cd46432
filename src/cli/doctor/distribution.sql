-- What a coordinator of Citus needs for requests. $1: the exposed schemas. Only where the extension Citus is there.
select pg_catalog.json_build_object(
    'version', (select extversion from pg_catalog.pg_extension where extname = 'citus'),
    'is_coordinator', pg_catalog.citus_is_coordinator(),
    'tables', (
        select pg_catalog.count(*)
        from pg_catalog.pg_dist_partition as d
        join pg_catalog.pg_class as c on c.oid = d.logicalrelid
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where d.partmethod = 'h' and n.nspname = any ($1::pg_catalog.text[])
    ),
    -- Roles that may be taken, and that may read something.
    'roles', (
        select coalesce(pg_catalog.json_agg(r.rolname order by r.rolname), '[]')
        from pg_catalog.pg_roles as r
        where not r.rolcanlogin and r.rolname !~ '^pg_' and pg_catalog.pg_has_role(session_user, r.oid, 'member')
            and exists (
                select from pg_catalog.pg_dist_partition as d
                where pg_catalog.has_any_column_privilege(r.oid, d.logicalrelid, 'select, insert, update')
            )
    )
)::pg_catalog.text
