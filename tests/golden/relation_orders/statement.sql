-- row
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array((select "t3"."name"
from "public"."artist" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."artist_id")
limit 1), (select (select "t5"."name"
from "public"."artist" as "t5"
where ("t5"."id" operator(pg_catalog.=) "t4"."mentor_id")
limit 1)
from "public"."artist" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t2"."artist_id")
limit 1), (select "t6"."room"
from "public"."shelf" as "t6"
where (("t6"."name" operator(pg_catalog.=) "t2"."shelf_name") and ("t6"."place" operator(pg_catalog.=) "t2"."shelf_place"))
limit 1), "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id", "t1"."artist_id", "t1"."shelf_name", "t1"."shelf_place"
from "public"."album" as "t1"
order by (select "t7"."name"
from "public"."artist" as "t7"
where ("t7"."id" operator(pg_catalog.=) "t1"."artist_id")
limit 1) desc, (select (select "t9"."name"
from "public"."artist" as "t9"
where ("t9"."id" operator(pg_catalog.=) "t8"."mentor_id")
limit 1)
from "public"."artist" as "t8"
where ("t8"."id" operator(pg_catalog.=) "t1"."artist_id")
limit 1) nulls first, (select "t10"."room"
from "public"."shelf" as "t10"
where (("t10"."name" operator(pg_catalog.=) "t1"."shelf_name") and ("t10"."place" operator(pg_catalog.=) "t1"."shelf_place"))
limit 1), "t1"."id"
limit 30) as "t2";
-- figures
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array((select pg_catalog.count(*)
from "public"."track" as "t3"
where ("t2"."id" operator(pg_catalog.=) "t3"."album_id")), (select pg_catalog.sum("t4"."milliseconds")
from "public"."track" as "t4"
where ("t2"."id" operator(pg_catalog.=) "t4"."album_id")), (select pg_catalog.avg("t5"."milliseconds")
from "public"."track" as "t5"
where ("t2"."id" operator(pg_catalog.=) "t5"."album_id")), (select "t6"."title"
from "public"."track" as "t6"
where (("t2"."id" operator(pg_catalog.=) "t6"."album_id") and ("t6"."title" is not null))
order by "t6"."title"
limit 1), (select "t7"."title"
from "public"."track" as "t7"
where (("t2"."id" operator(pg_catalog.=) "t7"."album_id") and ("t7"."title" is not null))
order by "t7"."title" desc
limit 1), "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 2) then 'true' else 'false' end, ',"hasPreviousPage":false,"endCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array((select pg_catalog.count(*)
from "public"."track" as "t8"
where ("t2"."id" operator(pg_catalog.=) "t8"."album_id")), (select pg_catalog.sum("t9"."milliseconds")
from "public"."track" as "t9"
where ("t2"."id" operator(pg_catalog.=) "t9"."album_id")), (select pg_catalog.avg("t10"."milliseconds")
from "public"."track" as "t10"
where ("t2"."id" operator(pg_catalog.=) "t10"."album_id")), (select "t11"."title"
from "public"."track" as "t11"
where (("t2"."id" operator(pg_catalog.=) "t11"."album_id") and ("t11"."title" is not null))
order by "t11"."title"
limit 1), (select "t12"."title"
from "public"."track" as "t12"
where (("t2"."id" operator(pg_catalog.=) "t12"."album_id") and ("t12"."title" is not null))
order by "t12"."title" desc
limit 1), "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)))[1]), 'null'), '}}')
from (select "t1"."id", pg_catalog.row_number() over (order by (select pg_catalog.count(*)
from "public"."track" as "t13"
where ("t1"."id" operator(pg_catalog.=) "t13"."album_id")) desc, (select pg_catalog.sum("t14"."milliseconds")
from "public"."track" as "t14"
where ("t1"."id" operator(pg_catalog.=) "t14"."album_id")) nulls first, (select pg_catalog.avg("t15"."milliseconds")
from "public"."track" as "t15"
where ("t1"."id" operator(pg_catalog.=) "t15"."album_id")), (select "t16"."title"
from "public"."track" as "t16"
where (("t1"."id" operator(pg_catalog.=) "t16"."album_id") and ("t16"."title" is not null))
order by "t16"."title"
limit 1), (select "t17"."title"
from "public"."track" as "t17"
where (("t1"."id" operator(pg_catalog.=) "t17"."album_id") and ("t17"."title" is not null))
order by "t17"."title" desc
limit 1) desc, "t1"."id") as "row_number"
from "public"."album" as "t1"
order by (select pg_catalog.count(*)
from "public"."track" as "t13"
where ("t1"."id" operator(pg_catalog.=) "t13"."album_id")) desc, (select pg_catalog.sum("t14"."milliseconds")
from "public"."track" as "t14"
where ("t1"."id" operator(pg_catalog.=) "t14"."album_id")) nulls first, (select pg_catalog.avg("t15"."milliseconds")
from "public"."track" as "t15"
where ("t1"."id" operator(pg_catalog.=) "t15"."album_id")), (select "t16"."title"
from "public"."track" as "t16"
where (("t1"."id" operator(pg_catalog.=) "t16"."album_id") and ("t16"."title" is not null))
order by "t16"."title"
limit 1), (select "t17"."title"
from "public"."track" as "t17"
where (("t1"."id" operator(pg_catalog.=) "t17"."album_id") and ("t17"."title" is not null))
order by "t17"."title" desc
limit 1) desc, "t1"."id"
limit 3) as "t2";
-- last
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ',' order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 3)), '],"pageInfo":{"startCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array((select "t3"."name"
from "public"."artist" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."artist_id")
limit 1), "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 3)))[1]), 'null'), '}}')
from (select "t1"."id", "t1"."artist_id", pg_catalog.row_number() over (order by (select "t4"."name"
from "public"."artist" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t1"."artist_id")
limit 1) desc, "t1"."id" desc) as "row_number"
from "public"."album" as "t1"
order by (select "t4"."name"
from "public"."artist" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t1"."artist_id")
limit 1) desc, "t1"."id" desc
limit 4) as "t2";
-- given
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."album" as "t1"
where ("t1"."id" operator(pg_catalog.<) $1::pg_catalog.int4)
order by (select (select "t4"."name"
from "public"."artist" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t3"."mentor_id")
limit 1)
from "public"."artist" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t1"."artist_id")
limit 1) desc nulls last, (select "t5"."milliseconds"
from "public"."track" as "t5"
where (("t1"."id" operator(pg_catalog.=) "t5"."album_id") and ("t5"."milliseconds" is not null))
order by "t5"."milliseconds" desc
limit 1), "t1"."id"
limit 30) as "t2";
-- $1 = Some("13")
-- nothing
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."album" as "t1"
order by "t1"."id"
limit 30) as "t2";
-- nested
select pg_catalog.concat('{"albumCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array((select "t4"."words"
from "public"."lyrics" as "t4"
where ("t3"."id" operator(pg_catalog.=) "t4"."album_id")
limit 1), "t3"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"id":', coalesce("t3"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t2"."id"
from "public"."album" as "t2"
where ("t2"."artist_id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by (select "t5"."words"
from "public"."lyrics" as "t5"
where ("t2"."id" operator(pg_catalog.=) "t5"."album_id")
limit 1) desc nulls last, "t2"."id"
limit 30) as "t3"), '}')
from "public"."artist" as "t1"
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4)
limit 1;
-- $1 = Some("1")
-- $2 = Some("1")
