-- insertIntoAccountCollection
insert into "public"."account" as "t1" ("id", "name")
values ($1::pg_catalog.int4, $2::pg_catalog.text)
returning pg_catalog.concat('{"affectedCount":1}');
-- without a row: {"affectedCount":0}
-- $1 = Some("9")
-- $2 = Some("Gone")
-- deleteFromTaskCollection
with "written1" as (delete from "public"."task" as "t1"
where ("t1"."project_id" operator(pg_catalog.=) $1::pg_catalog.int4)
returning "t1"."id")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("10")
