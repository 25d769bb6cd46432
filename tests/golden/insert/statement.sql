-- insertIntoTaskCollection
with "written1" as (insert into "public"."task" as "t1" ("id", "project_id", "title", "points", "due")
values ($1::pg_catalog.int8, $2::pg_catalog.int4, $3::pg_catalog.text, default, $4::pg_catalog.date), ($5::pg_catalog.int8, $6::pg_catalog.int4, $7::pg_catalog.text, $8::pg_catalog.numeric, default)
returning "t1"."id", "t1"."project_id", "t1"."title", "t1"."due")
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text, "t2"."title"::pg_catalog.text, "t2"."due"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "written1" as "t2";
-- $1 = Some("104")
-- $2 = Some("11")
-- $3 = Some("O'Hara's \\ $1 \"; drop table task; --")
-- $4 = None
-- $5 = Some("105")
-- $6 = Some("10")
-- $7 = Some("Plain")
-- $8 = Some("0.5")
-- insertIntoTaskCollection
select pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"nodeId":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('public'::pg_catalog.text, 'task'::pg_catalog.text, "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"due":', coalesce(pg_catalog.to_json("t2"."due"::pg_catalog.date), 'null'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."project_id")
limit 1), E'"\\/row"'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int8 as "id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "project_id", ("t1"."value" operator(pg_catalog.->>) 2)::pg_catalog.text as "title", ("t1"."value" operator(pg_catalog.->>) 3)::pg_catalog.date as "due"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- insertIntoAccountCollection
insert into "public"."account" as "t1" ("id", "name")
values ($1::pg_catalog.int4, $2::pg_catalog.text)
returning pg_catalog.concat('{"affectedCount":1}');
-- without a row: {"affectedCount":0}
-- $1 = Some("3")
-- $2 = Some("Cy")
