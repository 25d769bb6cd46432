-- $1: the exposed schemas. $2: the roles to show; without any, those that have been granted something there.
-- The tables with their keys, and what each role may do with them.
with shown as (
    select c.oid, c.relname, c.relkind, c.relacl, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
        n.oid as schema, n.nspname
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any ($1::text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
        and c.relname <> '__diesel_schema_migrations'
        and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            and d.objid = c.oid and d.deptype = 'e')
),
granted as (
    select g.grantee from shown s, pg_catalog.aclexplode(s.relacl) g where g.grantee <> s.relowner
    union
    select g.grantee
    from shown s
    join pg_catalog.pg_attribute a on a.attrelid = s.oid,
        pg_catalog.aclexplode(a.attacl) g
    where g.grantee <> s.relowner
),
roles as (
    select r.oid, r.rolname, r.rolsuper or r.rolbypassrls as bypasses
    from pg_catalog.pg_roles r
    where r.rolname = any ($2::text[])
        or $2::text[] = '{}' and r.oid in (select grantee from granted) and not r.rolsuper
),
columns as (
    select a.attrelid, a.attnum, a.attname, a.attnotnull, pg_catalog.format_type(a.atttypid, a.atttypmod) as type
    from pg_catalog.pg_attribute a
    join shown s on s.oid = a.attrelid
    where a.attnum > 0 and not a.attisdropped
),
commands (command, privilege, code) as (
    values (1, 'select', 'r'), (2, 'insert', 'a'), (3, 'update', 'w'), (4, 'delete', 'd')
)
select pg_catalog.json_build_object(
    'roles', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', r.rolname,
            'bypasses', r.bypasses
        ) order by r.rolname), '[]') from roles r),
    'tables', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'schema', s.nspname,
        'name', s.relname,
        'isView', s.relkind in ('v', 'm'),
        'hasRowSecurity', s.relrowsecurity,
        'columns', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                'name', c.attname,
                'type', c.type,
                'isKey', exists (select from pg_catalog.pg_constraint p
                    where p.conrelid = s.oid and p.contype = 'p' and c.attnum = any (p.conkey)),
                'isReference', exists (select from pg_catalog.pg_constraint p
                    where p.conrelid = s.oid and p.contype = 'f' and c.attnum = any (p.conkey))
            ) order by c.attnum), '[]') from columns c where c.attrelid = s.oid),
        'references', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                'schema', target.nspname,
                'table', target.relname,
                'columns', (select pg_catalog.json_agg(c.attname order by k.place)
                    from pg_catalog.unnest(p.conkey) with ordinality k (number, place)
                    join columns c on c.attrelid = s.oid and c.attnum = k.number),
                'isOptional', exists (select from columns c
                    where c.attrelid = s.oid and c.attnum = any (p.conkey) and not c.attnotnull),
                'isUnique', exists (select from pg_catalog.pg_constraint u
                    where u.conrelid = s.oid and u.contype in ('p', 'u') and u.conkey <@ p.conkey)
            ) order by p.conname), '[]')
            from pg_catalog.pg_constraint p
            join shown target on target.oid = p.confrelid
            where p.conrelid = s.oid and p.contype = 'f' and p.conparentid = 0),
        'access', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'role', r.rolname,
            'mayUse', pg_catalog.has_schema_privilege(r.oid, s.schema, 'usage'),
            'ignoresPolicies', r.bypasses
                or not s.relforcerowsecurity and pg_catalog.pg_has_role(r.oid, s.relowner, 'usage'),
            'commands', (select pg_catalog.json_agg(pg_catalog.json_build_object(
                'command', m.privilege,
                'isWhole', pg_catalog.has_table_privilege(r.oid, s.oid, m.privilege),
                'columns', (select coalesce(pg_catalog.json_agg(c.attname order by c.attnum), '[]')
                    from columns c
                    where c.attrelid = s.oid and m.privilege <> 'delete'
                        and pg_catalog.has_column_privilege(r.oid, s.oid, c.attnum,
                            case m.privilege when 'delete' then 'select' else m.privilege end)),
                'policies', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
                        'name', p.polname,
                        'isPermissive', p.polpermissive,
                        'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                        'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
                    ) order by p.polname), '[]')
                    from pg_catalog.pg_policy p
                    where p.polrelid = s.oid and p.polcmd in ('*', m.code)
                        and exists (select from pg_catalog.unnest(p.polroles) g
                            where g = 0 or pg_catalog.pg_has_role(r.oid, g, 'usage')))
            ) order by m.command) from commands m)
        ) order by r.rolname), '[]') from roles r)
    ) order by s.nspname, s.relname), '[]') from shown s)
)::text
