-- discount
select concat(coalesce((('"' || "t1"."t1"::text) || '"'), 'null'))
from "public"."discount"("price" => $1::numeric) as "t1";
-- $1 = Some("200")
-- more
select concat(coalesce((('"' || "t1"."t1"::text) || '"'), 'null'))
from "public"."discount"("price" => $1::numeric, "by" => $2::"public"."percentage") as "t1";
-- $1 = Some("200")
-- $2 = Some("25")
-- absent
select concat(coalesce((('"' || "t1"."t1"::text) || '"'), 'null'))
from "public"."discount"("price" => $1::numeric) as "t1";
-- $1 = Some("200")
-- none
select concat(coalesce((('"' || "t1"."t1"::text) || '"'), 'null'))
from "public"."discount"("price" => $1::numeric, "by" => $2::"public"."percentage") as "t1";
-- $1 = Some("200")
-- $2 = None
-- usualSize
select concat(coalesce(to_json(case "t1"."t1"::text when 'extra-large' then 'EXTRA_LARGE' else "t1"."t1"::text end::text), 'null'))
from "public"."usual_size"() as "t1";
-- otherSize
select concat(coalesce(to_json(case "t1"."t1"::text when 'extra-large' then 'EXTRA_LARGE' else "t1"."t1"::text end::text), 'null'))
from "public"."other_size"() as "t1";
-- larger
select concat(coalesce(to_json(case "t1"."t1"::text when 'extra-large' then 'EXTRA_LARGE' else "t1"."t1"::text end::text), 'null'))
from "public"."other_size"("than" => $1::"public"."size") as "t1";
-- $1 = Some("small")
-- sizesOf
select concat(coalesce(to_json(array_replace("t1"."t1"::text[], 'extra-large', 'EXTRA_LARGE')::text[]), 'null'))
from "public"."sizes_of"("names" => $1::text[]) as "t1";
-- $1 = Some("{\"pan\",\"spoon\",\"it's \\\\ \\\"quoted\\\"\"}")
-- cheapest
select concat('{"__typename":"Product","nodeId":"', translate(encode(convert_to(jsonb_build_array('public'::text, 'product'::text, "t1"."id")::text, 'UTF8'), 'base64'), chr(10), ''), '","name":', coalesce(to_json("t1"."name"), 'null'), ',"price":', coalesce((('"' || "t1"."price"::text) || '"'), 'null'), '}')
from "public"."cheapest"() as "t1"
where (not ("t1".*::"public"."product" is null));
-- large
select concat('{"name":', coalesce(to_json("t1"."name"), 'null'), ',"size":', coalesce(to_json(case "t1"."size"::text when 'extra-large' then 'EXTRA_LARGE' else "t1"."size"::text end::text), 'null'), '}')
from "public"."cheapest"("size" => $1::"public"."size") as "t1"
where (not ("t1".*::"public"."product" is null));
-- $1 = Some("extra-large")
-- byId
select concat(coalesce(to_json("t1"."t1"), 'null'))
from "public"."pick"("id" => $1::int4) as "t1";
-- $1 = Some("2")
-- byName
select concat(coalesce(to_json("t1"."t1"), 'null'))
from "public"."pick"("name" => $1::text) as "t1";
-- $1 = Some("pot")
-- productsFrom
select concat('{"totalCount":', (select count(*)
from "public"."products_from"("minimum" => $1::numeric) as "t3"
where ("t3"."name" <> $2::text)), ',"aggregate":', (select concat('{"count":', count(*), ',"sum":{"price":', coalesce(to_json(sum("t4"."price")), 'null'), '}}')
from "public"."products_from"("minimum" => $3::numeric) as "t4"
where ("t4"."name" <> $4::text)), ',"edges":[', string_agg(concat('{"cursor":"', translate(encode(convert_to(jsonb_build_array("t2"."name", "t2"."id")::text, 'UTF8'), 'base64'), chr(10), ''), '","node":{"id":', coalesce("t2"."id"::text, 'null'), ',"name":', coalesce(to_json("t2"."name"), 'null'), '}}'), ',') filter (where ("t2"."row_number" <= 1)), '],"pageInfo":{"hasNextPage":', to_json((count(*) > 1)), ',"endCursor":', coalesce((('"' || (array_agg(translate(encode(convert_to(jsonb_build_array("t2"."name", "t2"."id")::text, 'UTF8'), 'base64'), chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" <= 1)))[1]) || '"'), 'null'), '}}')
from (select "t1"."id", "t1"."name", row_number() over (order by "t1"."name" desc, "t1"."id") as "row_number"
from "public"."products_from"("minimum" => $5::numeric) as "t1"
where ("t1"."name" <> $6::text)
order by "t1"."name" desc, "t1"."id"
limit 2) as "t2";
-- $1 = Some("2")
-- $2 = Some("pan")
-- $3 = Some("2")
-- $4 = Some("pan")
-- $5 = Some("2")
-- $6 = Some("pan")
-- before
select concat('{"edges":[', string_agg(concat('{"node":{"id":', coalesce("t2"."id"::text, 'null'), '}}'), ',' order by "t2"."row_number" desc) filter (where ("t2"."row_number" <= 1)), '],"pageInfo":{"hasPreviousPage":', to_json((count(*) > 1)), ',"hasNextPage":', to_json(((count(*) > 0) and exists (select 1
from "public"."products_from"("minimum" => $1::numeric) as "t3"
where (("t3"."id" < $2::int4) is not true)))), '}}')
from (select "t1"."id", row_number() over (order by "t1"."id" desc) as "row_number"
from "public"."products_from"("minimum" => $3::numeric) as "t1"
where ("t1"."id" < $4::int4)
order by "t1"."id" desc
limit 2) as "t2";
-- $1 = Some("0")
-- $2 = Some("4")
-- $3 = Some("0")
-- $4 = Some("4")
-- halfMade
select concat('{"id":', coalesce("t1"."id"::text, 'null'), ',"name":', coalesce(to_json("t1"."name"), 'null'), ',"size":', coalesce(to_json(case "t1"."size"::text when 'extra-large' then 'EXTRA_LARGE' else "t1"."size"::text end::text), 'null'), ',"price":', coalesce((('"' || "t1"."price"::text) || '"'), 'null'), '}')
from "public"."half_made"() as "t1"
where (not ("t1".*::"public"."product" is null));
