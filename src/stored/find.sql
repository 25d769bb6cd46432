-- The object identifier of a function, if it passes the checks: it belongs to the connection's own user, its source and properties are
-- exactly as expected, and no other function has its name. $1: the name. $2: the source. $3: the parameters' types. $4: the volatility's
-- letter.
select f.oid::pg_catalog.text
from pg_catalog.pg_proc as f
join pg_catalog.pg_namespace as n on n.oid = f.pronamespace
join pg_catalog.pg_language as l on l.oid = f.prolang
join pg_catalog.pg_roles as r on r.oid = f.proowner
where n.nspname = 'glowplug_operations'
    and f.proname = $1::pg_catalog.text
    and r.rolname = session_user
    and l.lanname = 'plpgsql'
    and f.prokind = 'f'
    and f.prosrc = $2::pg_catalog.text
    and f.prorettype = 'pg_catalog.text'::pg_catalog.regtype
    and not f.proretset
    and not f.prosecdef
    and f.proconfig is null
    and f.pronargdefaults = 0
    and f.provolatile = $4::pg_catalog.text::pg_catalog."char"
    and array_to_string(f.proargtypes::pg_catalog.oid[], ',')
        = array_to_string($3::pg_catalog.regtype[]::pg_catalog.oid[], ',')
    and (
        select count(*) from pg_catalog.pg_proc as same where same.pronamespace = n.oid and same.proname = f.proname
    ) = 1
