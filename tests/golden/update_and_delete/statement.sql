-- updateTaskCollection
with "written1" as (update "public"."task" as "t1"
set "title" = $1::pg_catalog.text, "due" = $2::pg_catalog.date
where (("t1"."project_id" operator(pg_catalog.=) $3::pg_catalog.int4) and ("t1"."points" is not null))
returning "t1"."id", "t1"."assignee_id", "t1"."title", "t1"."due")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '2'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '2'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."id"::pg_catalog.text, "t2"."assignee_id"::pg_catalog.text, "t2"."title"::pg_catalog.text, "t2"."due"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0)) end)
from "written1" as "t2";
-- $1 = Some("Moved")
-- $2 = None
-- $3 = Some("10")
-- updateTaskCollection
select pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '","title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"due":', coalesce(pg_catalog.to_json("t2"."due"::pg_catalog.date), 'null'), ',"assignee":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."account" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."assignee_id")
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int8 as "id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "assignee_id", ("t1"."value" operator(pg_catalog.->>) 2)::pg_catalog.text as "title", ("t1"."value" operator(pg_catalog.->>) 3)::pg_catalog.date as "due"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- again
with "written1" as (update "public"."task" as "t1"
set "points" = $1::pg_catalog.numeric
where ("t1"."title" operator(pg_catalog.=) $2::pg_catalog.text)
returning "t1"."id", "t1"."points")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '5'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '5'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '","points":', coalesce(pg_catalog.to_json("t2"."points"::pg_catalog.numeric::pg_catalog.text), 'null'), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("3")
-- $2 = Some("Moved")
-- deleteFromTaskCollection
with "written1" as (delete from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8)
returning "t1"."id")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"nodeId":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('public'::pg_catalog.text, 'task'::pg_catalog.text, "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '"}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("103")
