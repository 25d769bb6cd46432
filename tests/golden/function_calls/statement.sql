-- discount
select pg_catalog.concat(coalesce(pg_catalog.to_json("t1"."t1"::pg_catalog.numeric::pg_catalog.text), 'null'))
from "public"."discount"("price" => $1::pg_catalog.numeric) as "t1"
limit 1;
-- $1 = Some("200")
-- more
select pg_catalog.concat(coalesce(pg_catalog.to_json("t1"."t1"::pg_catalog.numeric::pg_catalog.text), 'null'))
from "public"."discount"("price" => $1::pg_catalog.numeric, "by" => $2::"public"."percentage") as "t1"
limit 1;
-- $1 = Some("200")
-- $2 = Some("25")
-- absent
select pg_catalog.concat(coalesce(pg_catalog.to_json("t1"."t1"::pg_catalog.numeric::pg_catalog.text), 'null'))
from "public"."discount"("price" => $1::pg_catalog.numeric) as "t1"
limit 1;
-- $1 = Some("200")
-- none
select pg_catalog.concat(coalesce(pg_catalog.to_json("t1"."t1"::pg_catalog.numeric::pg_catalog.text), 'null'))
from "public"."discount"("price" => $1::pg_catalog.numeric, "by" => $2::"public"."percentage") as "t1"
limit 1;
-- $1 = Some("200")
-- $2 = None
-- usualSize
select pg_catalog.concat(coalesce(pg_catalog.jsonb_object_field('{"small":"small","extra-large":"EXTRA_LARGE"}'::pg_catalog.jsonb, "t1"."t1"::pg_catalog.text)::pg_catalog.text, case when ("t1"."t1" is null) then 'null' else E'"\\/label"' end))
from "public"."usual_size"() as "t1"
limit 1;
-- otherSize
select pg_catalog.concat(coalesce(pg_catalog.jsonb_object_field('{"small":"small","extra-large":"EXTRA_LARGE"}'::pg_catalog.jsonb, "t1"."t1"::pg_catalog.text)::pg_catalog.text, case when ("t1"."t1" is null) then 'null' else E'"\\/label"' end))
from "public"."other_size"() as "t1"
limit 1;
-- larger
select pg_catalog.concat(coalesce(pg_catalog.jsonb_object_field('{"small":"small","extra-large":"EXTRA_LARGE"}'::pg_catalog.jsonb, "t1"."t1"::pg_catalog.text)::pg_catalog.text, case when ("t1"."t1" is null) then 'null' else E'"\\/label"' end))
from "public"."other_size"("than" => $1::"public"."size") as "t1"
limit 1;
-- $1 = Some("small")
-- sizesOf
select pg_catalog.concat(case when (pg_catalog.array_ndims("t1"."t1"::pg_catalog.text[]) operator(pg_catalog.>) 1) then E'"\\/dimensions"' when (not (pg_catalog.array_remove("t1"."t1"::pg_catalog.text[], null) operator(pg_catalog.<@) '{"small","extra-large"}'::pg_catalog.text[])) then E'"\\/label"' else coalesce(pg_catalog.to_json(pg_catalog.array_replace("t1"."t1"::pg_catalog.text[], 'extra-large', 'EXTRA_LARGE'))::pg_catalog.text, 'null') end)
from "public"."sizes_of"("names" => $1::pg_catalog.text[]) as "t1"
limit 1;
-- $1 = Some("{\"pan\",\"spoon\",\"it's \\\\ \\\"quoted\\\"\"}")
-- cheapest
select pg_catalog.concat('{"__typename":"Product","nodeId":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('public'::pg_catalog.text, 'product'::pg_catalog.text, "t1"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","name":', coalesce(pg_catalog.to_json("t1"."name"::pg_catalog.text), E'"\\/null"'), ',"price":', coalesce(pg_catalog.to_json("t1"."price"::pg_catalog.numeric::pg_catalog.text), 'null'), '}')
from "public"."cheapest"() as "t1"
where (not ("t1".*::"public"."product" is null))
limit 1;
-- large
select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t1"."name"::pg_catalog.text), E'"\\/null"'), ',"size":', coalesce(pg_catalog.jsonb_object_field('{"small":"small","extra-large":"EXTRA_LARGE"}'::pg_catalog.jsonb, "t1"."size"::pg_catalog.text)::pg_catalog.text, case when ("t1"."size" is null) then E'"\\/null"' else E'"\\/label"' end), '}')
from "public"."cheapest"("size" => $1::"public"."size") as "t1"
where (not ("t1".*::"public"."product" is null))
limit 1;
-- $1 = Some("extra-large")
-- byId
select pg_catalog.concat(coalesce(pg_catalog.to_json("t1"."t1"::pg_catalog.text), 'null'))
from "public"."pick"("id" => $1::pg_catalog.int4) as "t1"
limit 1;
-- $1 = Some("2")
-- byName
select pg_catalog.concat(coalesce(pg_catalog.to_json("t1"."t1"::pg_catalog.text), 'null'))
from "public"."pick"("name" => $1::pg_catalog.text) as "t1"
limit 1;
-- $1 = Some("pot")
-- productsFrom
select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "public"."products_from"("minimum" => $1::pg_catalog.numeric) as "t3"
where ("t3"."name" operator(pg_catalog.<>) $2::pg_catalog.text)), ',"aggregate":', (select pg_catalog.concat('{"count":', pg_catalog.count(*)::pg_catalog.int4, ',"sum":{"price":', coalesce(pg_catalog.to_json(pg_catalog.sum("t4"."price"::pg_catalog.numeric)), 'null'), '}}')
from "public"."products_from"("minimum" => $3::pg_catalog.numeric) as "t4"
where ("t4"."name" operator(pg_catalog.<>) $4::pg_catalog.text)), ',"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."name", "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 1)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 1) then 'true' else 'false' end, ',"endCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."name", "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 1)))[1]), 'null'), '}}')
from (select "t1"."id", "t1"."name", pg_catalog.row_number() over (order by "t1"."name" desc nulls last, "t1"."id") as "row_number"
from "public"."products_from"("minimum" => $5::pg_catalog.numeric) as "t1"
where ("t1"."name" operator(pg_catalog.<>) $6::pg_catalog.text)
order by "t1"."name" desc nulls last, "t1"."id"
limit 2) as "t2";
-- $1 = Some("2")
-- $2 = Some("pan")
-- $3 = Some("2")
-- $4 = Some("pan")
-- $5 = Some("2")
-- $6 = Some("pan")
-- before
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ',' order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 1)), '],"pageInfo":{"hasPreviousPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 1) then 'true' else 'false' end, ',"hasNextPage":', case when ((pg_catalog.count(*) operator(pg_catalog.>) 0) and exists (select 1
from "public"."products_from"("minimum" => $1::pg_catalog.numeric) as "t3"
where (("t3"."id" operator(pg_catalog.<) $2::pg_catalog.int4) is not true))) then 'true' else 'false' end, '}}')
from (select "t1"."id", pg_catalog.row_number() over (order by "t1"."id" desc) as "row_number"
from "public"."products_from"("minimum" => $3::pg_catalog.numeric) as "t1"
where ("t1"."id" operator(pg_catalog.<) $4::pg_catalog.int4)
order by "t1"."id" desc
limit 2) as "t2";
-- $1 = Some("0")
-- $2 = Some("4")
-- $3 = Some("0")
-- $4 = Some("4")
-- halfMade
select pg_catalog.concat('{"id":', coalesce("t1"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t1"."name"::pg_catalog.text), E'"\\/null"'), ',"size":', coalesce(pg_catalog.jsonb_object_field('{"small":"small","extra-large":"EXTRA_LARGE"}'::pg_catalog.jsonb, "t1"."size"::pg_catalog.text)::pg_catalog.text, case when ("t1"."size" is null) then E'"\\/null"' else E'"\\/label"' end), ',"price":', coalesce(pg_catalog.to_json("t1"."price"::pg_catalog.numeric::pg_catalog.text), 'null'), '}')
from "public"."half_made"() as "t1"
where (not ("t1".*::"public"."product" is null))
limit 1;
