-- toOne
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."album" as "t1"
where (exists (select 1
from "public"."artist" as "t3"
where (("t3"."id" operator(pg_catalog.=) "t1"."artist_id") and (("t3"."name" operator(pg_catalog.=) any ($1::pg_catalog.text[])) and (not exists (select 1
from "public"."artist" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t3"."mentor_id")))))) and exists (select 1
from "public"."shelf" as "t5"
where ((("t5"."name" operator(pg_catalog.=) "t1"."shelf_name") and ("t5"."place" operator(pg_catalog.=) "t1"."shelf_place")) and ("t5"."room" operator(pg_catalog.=) $2::pg_catalog.text))))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("{\"A\",\"B\"}")
-- $2 = Some("hall")
-- without
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."album" as "t1"
where ((not exists (select 1
from "public"."shelf" as "t3"
where (("t3"."name" operator(pg_catalog.=) "t1"."shelf_name") and ("t3"."place" operator(pg_catalog.=) "t1"."shelf_place")))) or (not exists (select 1
from "public"."lyrics" as "t4"
where (("t1"."id" operator(pg_catalog.=) "t4"."album_id") and ("t4"."words" operator(pg_catalog.=) $1::pg_catalog.text)))))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("la")
-- any
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."album" as "t1"
where (exists (select 1
from "public"."artist" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t1"."artist_id")) and (not exists (select 1
from "public"."rating" as "t4"
where (("t1"."id" operator(pg_catalog.=) "t4"."album") and ("t4"."stars" operator(pg_catalog.=) $1::pg_catalog.int4)))))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("1")
-- ignored
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."album" as "t1"
order by "t1"."id"
limit 30) as "t2";
-- column
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."album" as "t1"
where exists (select 1
from "public"."lyrics" as "t3"
where (("t1"."id" operator(pg_catalog.=) "t3"."album_id") and ("t3"."is" operator(pg_catalog.=) $1::pg_catalog.bool)))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("true")
-- toMany
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."album" as "t1"
where (exists (select 1
from "public"."track" as "t3"
where (("t1"."id" operator(pg_catalog.=) "t3"."album_id") and ("t3"."milliseconds" operator(pg_catalog.>) $1::pg_catalog.int4))) and (not exists (select 1
from "public"."track" as "t4"
where (("t1"."id" operator(pg_catalog.=) "t4"."album_id") and (("t4"."title" is not null) is not true)))) and (not exists (select 1
from "public"."track" as "t5"
where (("t1"."id" operator(pg_catalog.=) "t5"."album_id") and ("t5"."title" operator(pg_catalog.=) $2::pg_catalog.text)))) and ((select pg_catalog.count(*)
from "public"."track" as "t6"
where ("t1"."id" operator(pg_catalog.=) "t6"."album_id")) operator(pg_catalog.>=) $3::pg_catalog.int8) and ((select pg_catalog.count(*)
from "public"."track" as "t7"
where ("t1"."id" operator(pg_catalog.=) "t7"."album_id")) operator(pg_catalog.=) any ($4::pg_catalog.int8[])))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("100")
-- $2 = Some("two")
-- $3 = Some("2")
-- $4 = Some("{\"1\",\"2\"}")
-- given
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."name"
from "public"."artist" as "t1"
where exists (select 1
from "public"."album" as "t3"
where (("t1"."id" operator(pg_catalog.=) "t3"."artist_id") and ((not exists (select 1
from "public"."track" as "t4"
where (("t3"."id" operator(pg_catalog.=) "t4"."album_id") and (("t4"."milliseconds" operator(pg_catalog.<) $1::pg_catalog.int4) is not true)))) and ((select pg_catalog.count(*)
from "public"."track" as "t5"
where ("t3"."id" operator(pg_catalog.=) "t5"."album_id")) operator(pg_catalog.>) $2::pg_catalog.int8))))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("400")
-- $2 = Some("0")
-- ofItself
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."name"
from "public"."artist" as "t1"
where exists (select 1
from "public"."artist" as "t3"
where (("t3"."id" operator(pg_catalog.=) "t1"."mentor_id") and exists (select 1
from "public"."artist" as "t4"
where (("t4"."id" operator(pg_catalog.=) "t3"."mentor_id") and ("t4"."name" operator(pg_catalog.=) $1::pg_catalog.text)))))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("A")
-- nested
select pg_catalog.concat('{"albumCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t3"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ',') filter (where ("t3"."row_number" operator(pg_catalog.<=) 1)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 1) then 'true' else 'false' end, '}}')
from (select "t2"."id", pg_catalog.row_number() over (order by "t2"."id") as "row_number"
from "public"."album" as "t2"
where (("t2"."artist_id" operator(pg_catalog.=) $1::pg_catalog.int4) and exists (select 1
from "public"."track" as "t4"
where ("t2"."id" operator(pg_catalog.=) "t4"."album_id")))
order by "t2"."id"
limit 2) as "t3"), '}')
from "public"."artist" as "t1"
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4)
limit 1;
-- $1 = Some("1")
-- $2 = Some("1")
