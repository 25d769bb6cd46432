-- reset
select pg_catalog.concat('null')
from "public"."reset"() as "t1"
limit 1;
-- visit
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t1".*::"public"."shelf"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "public"."visit"("minimum" => $1::pg_catalog.int4) as "t1";
-- $1 = Some("2")
-- visit
select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from (select ("kept"."row").*
from (select ("kept"."value" operator(pg_catalog.->>) 0)::"public"."shelf" as "row"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "kept"
limit 9223372036854775807) as "kept") as "t3"), ',"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"calls":', coalesce("t2"."calls"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"called":', coalesce("public"."called"("t2"."row")::pg_catalog.int4::pg_catalog.text, 'null'), ',"parcelCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"label":', coalesce(pg_catalog.to_json("t5"."label"::pg_catalog.text), 'null'), '}}'), ','), ']}')
from (select "t4"."label"
from "public"."parcel" as "t4"
where ("t2"."id" operator(pg_catalog.=) "t4"."shelf_id")
order by "t4"."id"
limit 30) as "t5"), '}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 1)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 1) then 'true' else 'false' end, ',"endCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 1)))[1]), 'null'), '}}')
from (select "t1"."id", "t1"."calls", "t1".*::"public"."shelf" as "row", pg_catalog.row_number() over (order by "t1"."id") as "row_number"
from (select ("kept"."row").*
from (select ("kept"."value" operator(pg_catalog.->>) 0)::"public"."shelf" as "row"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "kept"
limit 9223372036854775807) as "kept") as "t1"
order by "t1"."id"
limit 2) as "t2";
-- noPage
with "called1" as (select "t3".*
from "public"."visit"() as "t3")
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "called1" as "t1"
order by "t1"."id"
limit 0) as "t2"
having ((select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "called1" as "called1") is not null);
-- onlyName
with "called1" as (select "t3".*
from "public"."visit"() as "t3")
select pg_catalog.concat('{"__typename":"ShelfConnection"}')
having ((select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "called1" as "called1") is not null);
-- onlyCount
with "called1" as (select "t3".*
from "public"."visit"() as "t3")
select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "called1" as "t4"), '}')
having ((select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "called1" as "called1") is not null);
-- last
with "called1" as (select "t3".*
from "public"."visit"() as "t3")
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"calls":', coalesce("t2"."calls"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id", "t1"."calls"
from "called1" as "t1"
order by "t1"."calls" desc nulls last, "t1"."id"
limit 30) as "t2"
having ((select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "called1" as "called1") is not null);
-- place
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t1".*::"public"."parcel"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "public"."place"("parcel_id" => $1::pg_catalog.int4, "shelf_id" => $2::pg_catalog.int4) as "t1"
where (not ("t1".*::"public"."parcel" is null));
-- $1 = Some("3")
-- $2 = Some("2")
-- place
select pg_catalog.concat('{"id":', coalesce("t1"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"label":', coalesce(pg_catalog.to_json("t1"."label"::pg_catalog.text), 'null'), ',"shelf":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"called":', coalesce("public"."called"("t2".*::"public"."shelf")::pg_catalog.int4::pg_catalog.text, 'null'), '}')
from "public"."shelf" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."shelf_id")
limit 1), 'null'), '}')
from (select ("kept"."row").*
from (select ("kept"."value" operator(pg_catalog.->>) 0)::"public"."parcel" as "row"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "kept"
limit 9223372036854775807) as "kept") as "t1"
where (not ("t1".*::"public"."parcel" is null))
limit 1;
-- nowhere
select pg_catalog.concat('{"id":', coalesce("t1"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}')
from "public"."place"("parcel_id" => $1::pg_catalog.int4, "shelf_id" => $2::pg_catalog.int4) as "t1"
where (not ("t1".*::"public"."parcel" is null))
limit 1;
-- $1 = Some("99")
-- $2 = Some("1")
