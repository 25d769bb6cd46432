-- reset
select concat('null')
from "public"."reset"() as "t1";
-- visit
with "called" as (select "t6".*
from "public"."visit"("minimum" => $1::int4) as "t6")
select concat('{"totalCount":', (select count(*)
from "called" as "t3"), ',"edges":[', string_agg(concat('{"node":{"id":', coalesce("t2"."id"::text, 'null'), ',"calls":', coalesce("t2"."calls"::text, 'null'), ',"called":', coalesce("public"."called"("t2"."row")::text, 'null'), ',"parcelCollection":', (select concat('{"edges":[', string_agg(concat('{"node":{"label":', coalesce(to_json("t5"."label"), 'null'), '}}'), ','), ']}')
from (select "t4"."label"
from "public"."parcel" as "t4"
where ("t4"."shelf_id" = "t2"."id")
order by "t4"."id"
limit 30) as "t5"), '}}'), ',') filter (where ("t2"."row_number" <= 1)), '],"pageInfo":{"hasNextPage":', to_json((count(*) > 1)), ',"endCursor":', coalesce((('"' || (array_agg(translate(encode(convert_to(jsonb_build_array("t2"."id")::text, 'UTF8'), 'base64'), chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" <= 1)))[1]) || '"'), 'null'), '}}')
from (select "t1"."id", "t1"."calls", "t1".*::"public"."shelf" as "row", row_number() over (order by "t1"."id") as "row_number"
from "called" as "t1"
order by "t1"."id"
limit 2) as "t2"
where ((select count(*)
from "called" as "called") >= 0);
-- $1 = Some("2")
-- noPage
with "called" as (select "t3".*
from "public"."visit"() as "t3")
select concat('{"edges":[', string_agg(concat('{"node":{"id":', coalesce("t2"."id"::text, 'null'), '}}'), ','), ']}')
from (select "t1"."id"
from "called" as "t1"
order by "t1"."id"
limit 0) as "t2"
where ((select count(*)
from "called" as "called") >= 0);
-- onlyName
with "called" as (select "t3".*
from "public"."visit"() as "t3")
select concat('{"__typename":"ShelfConnection"}')
where ((select count(*)
from "called" as "called") >= 0);
-- onlyCount
with "called" as (select "t4".*
from "public"."visit"() as "t4")
select concat('{"totalCount":', (select count(*)
from "called" as "t3"), '}')
where ((select count(*)
from "called" as "called") >= 0);
-- last
with "called" as (select "t3".*
from "public"."visit"() as "t3")
select concat('{"edges":[', string_agg(concat('{"node":{"id":', coalesce("t2"."id"::text, 'null'), ',"calls":', coalesce("t2"."calls"::text, 'null'), '}}'), ','), ']}')
from (select "t1"."id", "t1"."calls"
from "called" as "t1"
order by "t1"."calls" desc, "t1"."id"
limit 30) as "t2"
where ((select count(*)
from "called" as "called") >= 0);
-- place
select concat('{"id":', coalesce("t1"."id"::text, 'null'), ',"label":', coalesce(to_json("t1"."label"), 'null'), ',"shelf":', coalesce((select concat('{"name":', to_json("t2"."name"), ',"called":', coalesce("public"."called"("t2".*::"public"."shelf")::text, 'null'), '}')
from "public"."shelf" as "t2"
where ("t2"."id" = "t1"."shelf_id")), 'null'), '}')
from "public"."place"("parcel_id" => $1::int4, "shelf_id" => $2::int4) as "t1"
where (not ("t1".*::"public"."parcel" is null));
-- $1 = Some("3")
-- $2 = Some("2")
-- nowhere
select concat('{"id":', coalesce("t1"."id"::text, 'null'), '}')
from "public"."place"("parcel_id" => $1::int4, "shelf_id" => $2::int4) as "t1"
where (not ("t1".*::"public"."parcel" is null));
-- $1 = Some("99")
-- $2 = Some("1")
