-- inserted
insert into "public"."guest" as "t1" ("id", "name")
values ($1::pg_catalog.int4, $2::pg_catalog.text)
returning pg_catalog.concat('{"__typename":"GuestInsertResponse","affectedCount":1,"records":[{"nodeId":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('public'::pg_catalog.text, 'guest'::pg_catalog.text, "t1"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","name":', coalesce(pg_catalog.to_json("t1"."name"::pg_catalog.text), E'"\\/null"'), '}],"again":[{"id":', coalesce("t1"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}]}');
-- without a row: {"__typename":"GuestInsertResponse","affectedCount":0,"records":[],"again":[]}
-- $1 = Some("3")
-- $2 = Some("O'Hara \\ \"3\"")
-- counted
insert into "public"."guest" as "t1" ("id", "name")
values ($1::pg_catalog.int4, $2::pg_catalog.text)
returning pg_catalog.concat('{"affectedCount":1}');
-- without a row: {"affectedCount":0}
-- $1 = Some("4")
-- $2 = Some("Dan")
-- refused
insert into "public"."guest" as "t1" ("id", "name")
values ($1::pg_catalog.int4, $2::pg_catalog.text)
returning pg_catalog.concat('{"affectedCount":1,"records":[{"id":', coalesce("t1"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}]}');
-- without a row: {"affectedCount":0,"records":[]}
-- $1 = Some("5")
-- $2 = Some("Nobody")
-- two
with "written1" as (insert into "public"."guest" as "t1" ("id", "name")
values ($1::pg_catalog.int4, $2::pg_catalog.text), ($3::pg_catalog.int4, $4::pg_catalog.text)
returning "t1"."id")
select pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}'), ','), ']}')
from "written1" as "t2";
-- $1 = Some("6")
-- $2 = Some("A")
-- $3 = Some("7")
-- $4 = Some("Nobody")
-- updated
with "written1" as (update "public"."guest" as "t1"
set "name" = $1::pg_catalog.text
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4)
returning "t1"."id", "t1"."name")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("Eva")
-- $2 = Some("1")
-- missed
with "written1" as (update "public"."guest" as "t1"
set "name" = $1::pg_catalog.text
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4)
returning "t1"."id")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}'), ','), '],"kind":"GuestUpdateResponse"}') end)
from "written1" as "t2";
-- $1 = Some("Eva")
-- $2 = Some("99")
-- several
with "written1" as (update "public"."guest" as "t1"
set "name" = $1::pg_catalog.text
where ("t1"."id" operator(pg_catalog.=) any ($2::pg_catalog.int4[]))
returning "t1"."id")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '2'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '2'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("X")
-- $2 = Some("{\"1\",\"2\"}")
-- deleted
with "written1" as (delete from "public"."guest" as "t1"
where (("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t1"."name" operator(pg_catalog.=) $2::pg_catalog.text))
returning "t1"."id", "t1"."name")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("2")
-- $2 = Some("X")
-- gone
with "written1" as (delete from "public"."guest" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
returning "t1"."id")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("2")
