-- sold
with "written1" as (update "public"."product" as "t1"
set "stock" = ("t1"."stock" operator(pg_catalog.+) $1::pg_catalog.int4), "price" = ("t1"."price" operator(pg_catalog.+) $2::pg_catalog.numeric), "discount" = ("t1"."discount" operator(pg_catalog.+) $3::pg_catalog.int2), "tags" = ("t1"."tags" operator(pg_catalog.||) $4::pg_catalog.text[]), "details" = ("t1"."details" operator(pg_catalog.||) $5::pg_catalog.jsonb)
where ("t1"."id" operator(pg_catalog.=) $6::pg_catalog.int4)
returning "t1"."stock", "t1"."price", "t1"."discount", "t1"."tags", "t1"."details")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"stock":', coalesce("t2"."stock"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"price":', coalesce(pg_catalog.to_json("t2"."price"::pg_catalog.numeric::pg_catalog.text), 'null'), ',"discount":', coalesce(pg_catalog.to_json("t2"."discount"::pg_catalog.int2), 'null'), ',"tags":', case when (pg_catalog.array_ndims("t2"."tags") operator(pg_catalog.>) 1) then E'"\\/dimensions"' else coalesce(pg_catalog.to_json("t2"."tags"::pg_catalog.text[])::pg_catalog.text, E'"\\/null"') end, ',"details":', coalesce(pg_catalog.to_json("t2"."details"::pg_catalog.text), E'"\\/null"'), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("-2")
-- $2 = Some("0.10")
-- $3 = Some("1")
-- $4 = Some("{\"sale\",\"it's\"}")
-- $5 = Some("{\"sold\": 1}")
-- $6 = Some("1")
-- cut
with "written1" as (update "public"."product" as "t1"
set "stock" = $1::pg_catalog.int4, "sizes" = ($2::pg_catalog.int4[] operator(pg_catalog.||) "t1"."sizes"), "tags" = case when (pg_catalog.array_ndims("t1"."tags") operator(pg_catalog.>) 1) then pg_catalog.array_remove("t1"."tags", null) when ("t1"."tags" is not null) then (select coalesce(pg_catalog.array_agg("t3"."item" order by "t3"."place") filter (where (pg_catalog.array_position($3::pg_catalog.text[], "t3"."item") is null)), '{}'::pg_catalog.text[])
from rows from (pg_catalog.unnest("t1"."tags")) with ordinality as "t3"("item", "place")) end, "details" = ("t1"."details" operator(pg_catalog.#-) $4::pg_catalog.text[])
where ("t1"."id" operator(pg_catalog.=) $5::pg_catalog.int4)
returning "t1"."stock", "t1"."tags", "t1"."sizes", "t1"."details")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"stock":', coalesce("t2"."stock"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"sizes":', case when (pg_catalog.array_ndims("t2"."sizes") operator(pg_catalog.>) 1) then E'"\\/dimensions"' else coalesce(pg_catalog.to_json("t2"."sizes"::pg_catalog.int4[])::pg_catalog.text, 'null') end, ',"tags":', case when (pg_catalog.array_ndims("t2"."tags") operator(pg_catalog.>) 1) then E'"\\/dimensions"' else coalesce(pg_catalog.to_json("t2"."tags"::pg_catalog.text[])::pg_catalog.text, E'"\\/null"') end, ',"details":', coalesce(pg_catalog.to_json("t2"."details"::pg_catalog.text), E'"\\/null"'), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("3")
-- $2 = Some("{\"36\",\"37\"}")
-- $3 = Some("{\"new\",\"not there\"}")
-- $4 = Some("{\"colour\",\"code\"}")
-- $5 = Some("1")
-- keys
with "written1" as (update "public"."product" as "t1"
set "details" = ("t1"."details" operator(pg_catalog.-) $1::pg_catalog.text[])
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4)
returning "t1"."details")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"details":', coalesce(pg_catalog.to_json("t2"."details"::pg_catalog.text), E'"\\/null"'), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("{\"old\",\"sold\"}")
-- $2 = Some("1")
-- place
with "written1" as (update "public"."product" as "t1"
set "details" = ("t1"."details" operator(pg_catalog.-) $1::pg_catalog.int4)
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4)
returning "t1"."details")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"details":', coalesce(pg_catalog.to_json("t2"."details"::pg_catalog.text), E'"\\/null"'), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("-1")
-- $2 = Some("2")
