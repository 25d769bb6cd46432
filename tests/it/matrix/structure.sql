-- The tables of the schema public with their keys and columns: name, key, whether it holds rows itself, columns as JSON.
select
  c.relname::text,
  coalesce(
    (
      select array_agg(a.attname::text)
      from pg_index as i
      join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
      where i.indrelid = c.oid and i.indisprimary
    ),
    array(select json_array_elements_text(
      substring(obj_description(c.oid, 'pg_class') from '@graphql[(](.*)[)]')::json -> 'primary_key_columns'))
  ),
  c.relkind in ('r', 'p'),
  (
    select json_agg(json_build_object(
      'name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'is_enum', exists (select from pg_enum where enumtypid = a.atttypid),
      'is_generated', a.attgenerated <> '',
      'varies', coalesce(pg_get_expr(d.adbin, d.adrelid) ~ 'now\(\)|nextval', false)
        or a.attidentity <> '' or a.attname in ('completed_at', 'last_activity_at'),
      'is_numbered', a.attidentity <> '' or pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null
    ) order by a.attnum)::text
    from pg_attribute as a
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum and a.attgenerated = ''
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  )
from pg_class as c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
  and not c.relispartition and c.relname <> '__diesel_schema_migrations'
order by c.relname
