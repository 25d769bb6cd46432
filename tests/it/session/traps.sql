-- A schema of another role whose objects have the names of PostgreSQL's own: each of its functions, operators, aggregates
-- and types. Whatever calls one of them by a name without a schema fails.
do $$
begin
    create role trapper;
exception when duplicate_object or unique_violation then null;
end $$;

create schema traps authorization trapper;
grant usage on schema traps to public;

do $$
declare
    found record;
    spring constant text := 'language plpgsql as $trap$ begin raise exception using message = %L; end $trap$';
begin
    for found in
        select p.oid::regprocedure as signature, p.proname as name,
            pg_get_function_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result
        from pg_proc as p
        where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.provariadic = 0
            and p.proargmodes is null and p.proargdefaults is null
            and not exists (
                select from unnest(p.proargtypes::oid[] || p.prorettype) as u(type) join pg_type as t on t.oid = u.type
                where t.typtype = 'p' and t.typname not in ('anyelement', 'anyarray', 'anynonarray', 'anyenum', 'anyrange')
            )
            and p.proname in (
                select p.proname from pg_proc as p
                where p.pronamespace = 'pg_catalog'::regnamespace
                    and p.proname ~ '^(to_json|to_jsonb|concat|concat_ws|encode|decode|convert_to|chr|translate|lower|upper|set_config|current_setting|array_replace|array_to_string|row_to_json|jsonb_build_array|json_build_object|coalesce|unnest|starts_with|length|substr|replace|quote_ident|format|current_database|now|ceil|pg_has_role|to_regclass|to_regtype|pg_backend_pid|pg_is_in_recovery|has_.*_privilege|obj_description|col_description|pg_get_.*|hash_.*|text|int4|int8|numeric|float8|bool|varchar|bpchar|timestamptz|date|json_.*|jsonb_.*|array_.*)$'
            )
    loop
        execute format(
            'create function traps.%I(%s) returns %s ' || spring, found.name, found.arguments, found.result, 'a trap was sprung: ' || found.signature::text
        );
    end loop;

    -- Those of any number of arguments of any type, with the arguments that they are most often given.
    for found in
        select name, repeat('text, ', number - 1) || 'text' as arguments
        from unnest(array['concat', 'concat_ws', 'jsonb_build_array', 'json_build_array', 'json_build_object', 'format', 'num_nulls'])
            as name, generate_series(1, 12) as number
        where name not in ('concat_ws', 'format') or number > 1
    loop
        execute format(
            'create or replace function traps.%I(%s) returns text ' || spring, found.name, found.arguments, 'a trap was sprung: ' || found.name
        );
    end loop;

    for found in
        select row_number() over () as number, o.oprname as name, o.oprleft::regtype as lefts, o.oprright::regtype as rights,
            o.oprresult::regtype as result
        from pg_operator as o
        where o.oprnamespace = 'pg_catalog'::regnamespace and o.oprleft <> 0 and o.oprcode <> 0
            and not exists (
                select from unnest(array[o.oprleft, o.oprright, o.oprresult]) as u(type) join pg_type as t on t.oid = u.type
                where t.typtype = 'p' and t.typname not in ('anyarray', 'anyenum', 'anyrange')
            )
    loop
        execute format(
            'create function traps.%I(%s, %s) returns %s ' || spring,
            'operator_' || found.number, found.lefts, found.rights, found.result, 'a trap was sprung: ' || found.name
        );
        execute format(
            'create operator traps.%s (leftarg = %s, rightarg = %s, function = traps.%I)',
            found.name, found.lefts, found.rights, 'operator_' || found.number
        );
    end loop;

    execute format('create function traps.step(state int4) returns int4 ' || spring, 'a trap was sprung: count(*)');
    create aggregate traps.count(*) (sfunc = traps.step, stype = int4);
    execute format('create function traps.step(state text, value text, separator text) returns text ' || spring, 'a trap was sprung: string_agg');
    create aggregate traps.string_agg(text, text) (sfunc = traps.step, stype = text);
    for found in
        select name, type from unnest(array['sum', 'avg', 'min', 'max', 'count', 'array_agg', 'json_agg', 'bool_and']) as name,
            unnest(array['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'text', 'date', 'timestamptz', 'bool']) as type
    loop
        execute format('create or replace function traps.step(state text, value %s) returns text ' || spring, found.type, 'a trap was sprung: ' || found.name);
        execute format('create aggregate traps.%I(%s) (sfunc = traps.step, stype = text)', found.name, found.type);
    end loop;

    for found in
        select t.typname as name from pg_type as t
        where t.typnamespace = 'pg_catalog'::regnamespace and t.typtype = 'b' and t.typelem = 0 and t.typname !~ '^(pg_|_)'
    loop
        execute format('create type traps.%I as enum ()', found.name);
    end loop;

    for found in
        select c.relname as name from pg_class as c
        where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind in ('r', 'v')
    loop
        execute format('create view traps.%I as select ''a trap'' as sprung', found.name);
    end loop;
end $$;
