-- first
select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t1"."name"::pg_catalog.text), E'"\\/null"'), ',"big":"', coalesce("t1"."big"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '","weight":', case when (("t1"."weight" operator(pg_catalog.<) 'Infinity'::pg_catalog.float8) and ("t1"."weight" operator(pg_catalog.>) '-Infinity'::pg_catalog.float8)) then "t1"."weight"::pg_catalog.float8::pg_catalog.text when ("t1"."weight" is null) then E'"\\/null"' else E'"\\/finite"' end, ',"isTame":', coalesce("t1"."is_tame"::pg_catalog.bool::pg_catalog.text, E'"\\/null"'), ',"notes":', coalesce(pg_catalog.to_json("t1"."notes"::pg_catalog.text), E'"\\/null"'), ',"state":', coalesce(pg_catalog.jsonb_object_field('{"open":"open","so-so":"SO_SO"}'::pg_catalog.jsonb, "t1"."state"::pg_catalog.text)::pg_catalog.text, case when ("t1"."state" is null) then E'"\\/null"' else E'"\\/label"' end), ',"colours":', case when (pg_catalog.array_ndims("t1"."colours") operator(pg_catalog.>) 1) then E'"\\/dimensions"' else coalesce(pg_catalog.to_json("t1"."colours"::pg_catalog.text[])::pg_catalog.text, E'"\\/null"') end, ',"weights":', case when (pg_catalog.array_ndims("t1"."weights") operator(pg_catalog.>) 1) then E'"\\/dimensions"' when (('NaN'::pg_catalog.float8 operator(pg_catalog.=) any ("t1"."weights")) or ('Infinity'::pg_catalog.float8 operator(pg_catalog.=) any ("t1"."weights")) or ('-Infinity'::pg_catalog.float8 operator(pg_catalog.=) any ("t1"."weights"))) then E'"\\/finite"' else coalesce(pg_catalog.to_json("t1"."weights"::pg_catalog.float8[])::pg_catalog.text, 'null') end, ',"owner":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."owner" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."owner_id")
limit 1), 'null'), '}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("1")
-- second
select pg_catalog.concat('{"weights":', case when (pg_catalog.array_ndims("t1"."weights") operator(pg_catalog.>) 1) then E'"\\/dimensions"' when (('NaN'::pg_catalog.float8 operator(pg_catalog.=) any ("t1"."weights")) or ('Infinity'::pg_catalog.float8 operator(pg_catalog.=) any ("t1"."weights")) or ('-Infinity'::pg_catalog.float8 operator(pg_catalog.=) any ("t1"."weights"))) then E'"\\/finite"' else coalesce(pg_catalog.to_json("t1"."weights"::pg_catalog.float8[])::pg_catalog.text, 'null') end, '}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("2")
-- weight
select pg_catalog.concat('{"weight":', case when (("t1"."weight" operator(pg_catalog.<) 'Infinity'::pg_catalog.float8) and ("t1"."weight" operator(pg_catalog.>) '-Infinity'::pg_catalog.float8)) then "t1"."weight"::pg_catalog.float8::pg_catalog.text when ("t1"."weight" is null) then E'"\\/null"' else E'"\\/finite"' end, '}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("2")
-- colours
select pg_catalog.concat('{"colours":', case when (pg_catalog.array_ndims("t1"."colours") operator(pg_catalog.>) 1) then E'"\\/dimensions"' else coalesce(pg_catalog.to_json("t1"."colours"::pg_catalog.text[])::pg_catalog.text, E'"\\/null"') end, '}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("2")
-- third
select pg_catalog.concat('{"id":', coalesce("t1"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"owner":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."owner" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."owner_id")
limit 1), 'null'), '}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("3")
-- name
select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t1"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("3")
-- big
select pg_catalog.concat('{"big":"', coalesce("t1"."big"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("3")
-- isTame
select pg_catalog.concat('{"isTame":', coalesce("t1"."is_tame"::pg_catalog.bool::pg_catalog.text, E'"\\/null"'), '}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("3")
-- notes
select pg_catalog.concat('{"notes":', coalesce(pg_catalog.to_json("t1"."notes"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("3")
-- state
select pg_catalog.concat('{"state":', coalesce(pg_catalog.jsonb_object_field('{"open":"open","so-so":"SO_SO"}'::pg_catalog.jsonb, "t1"."state"::pg_catalog.text)::pg_catalog.text, case when ("t1"."state" is null) then E'"\\/null"' else E'"\\/label"' end), '}')
from "public"."pet" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by ("t1"."tableoid" operator(pg_catalog.=) '"public"."pet"'::pg_catalog.regclass) desc, "t1"."tableoid"
limit 1;
-- $1 = Some("3")
-- constants
select pg_catalog.concat('{"__typename":"PetConnection","pageInfo":{"__typename":"PageInfo","hasPreviousPage":false},"aggregate":', (select pg_catalog.concat('{"__typename":"PetAggregate"}')
from "public"."pet" as "t3"
having true), '}')
from (select "t1"."tableoid", pg_catalog.row_number() over (order by "t1"."id", "t1"."tableoid") as "row_number"
from "public"."pet" as "t1"
order by "t1"."id", "t1"."tableoid"
limit 31) as "t2"
having true;
-- least
select pg_catalog.concat('{"aggregate":', (select pg_catalog.concat('{"max":{"weight":', case when ((pg_catalog.max("t3"."weight"::pg_catalog.float8) operator(pg_catalog.<) 'Infinity'::pg_catalog.float8) and (pg_catalog.max("t3"."weight"::pg_catalog.float8) operator(pg_catalog.>) '-Infinity'::pg_catalog.float8)) then pg_catalog.max("t3"."weight"::pg_catalog.float8)::pg_catalog.float8::pg_catalog.text when (pg_catalog.max("t3"."weight"::pg_catalog.float8) is null) then 'null' else E'"\\/finite"' end, '}}')
from "public"."pet" as "t3"), '}')
having true;
