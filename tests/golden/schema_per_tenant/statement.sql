-- insertIntoTaskCollection
with "written1" as (insert into {tenant}."task" as "t1" ("id", "title", "person_id")
values ($1::pg_catalog.int4, $2::pg_catalog.text, $3::pg_catalog.int4), ($4::pg_catalog.int4, $5::pg_catalog.text, $6::pg_catalog.int4)
on conflict (title) where (state = 'open'::{tenant}.state) do update set "person_id" = "excluded"."person_id"
returning "t1"."id", "t1"."title", "t1"."state", "t1"."person_id", "t1"."tableoid", "t1".*::{tenant}."task" as "row")
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."id"::pg_catalog.text, "t2"."title"::pg_catalog.text, "t2"."state"::pg_catalog.text, "t2"."person_id"::pg_catalog.text, "t2"."tableoid"::pg_catalog.text, "t2"."row"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "written1" as "t2";
-- $1 = Some("1")
-- $2 = Some("Tasks of acme")
-- $3 = Some("1")
-- $4 = Some("3")
-- $5 = Some("New in acme")
-- $6 = Some("1")
-- insertIntoTaskCollection
select pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"nodeId":"', case when ("t2"."tableoid" operator(pg_catalog.=) E'{tenant}."task"'::pg_catalog.regclass) then pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('odd "schema"'::pg_catalog.text, 'task'::pg_catalog.text, "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') else pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('odd "schema"'::pg_catalog.text, 'task'::pg_catalog.text, "t2"."id", "t2"."tableoid")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') end, '","title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"label":', coalesce(pg_catalog.to_json({tenant}."label"("t2"."row")::pg_catalog.text), 'null'), ',"state":', coalesce(pg_catalog.jsonb_object_field('{"open":"open","done":"done"}'::pg_catalog.jsonb, "t2"."state"::pg_catalog.text)::pg_catalog.text, case when ("t2"."state" is null) then E'"\\/null"' else E'"\\/label"' end), ',"person":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), ',"country":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t4"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."country" as "t4"
where ("t4"."code" operator(pg_catalog.=) "t3"."country_code")
limit 1), 'null'), '}')
from {tenant}."person" as "t3"
where ("t3"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.text as "title", ("t1"."value" operator(pg_catalog.->>) 2)::{tenant}."state" as "state", ("t1"."value" operator(pg_catalog.->>) 3)::pg_catalog.int4 as "person_id", ("t1"."value" operator(pg_catalog.->>) 4)::pg_catalog.oid as "tableoid", ("t1"."value" operator(pg_catalog.->>) 5)::{tenant}."task" as "row"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- $1 = Some("1")
-- search
with "written1" as (update {tenant}."task" as "t1"
set "state" = $1::{tenant}."state"
where ((pg_catalog.to_tsvector(E'{tenant}."words"'::pg_catalog.regconfig, "t1"."title"::pg_catalog.text) operator(pg_catalog.@@) pg_catalog.websearch_to_tsquery(E'{tenant}."words"'::pg_catalog.regconfig, $2::pg_catalog.text)) and ("t1"."state" operator(pg_catalog.=) any ($3::{tenant}."state"[])))
returning "t1"."title", "t1"."state", "t1"."tableoid")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"state":', coalesce(pg_catalog.jsonb_object_field('{"open":"open","done":"done"}'::pg_catalog.jsonb, "t2"."state"::pg_catalog.text)::pg_catalog.text, case when ("t2"."state" is null) then E'"\\/null"' else E'"\\/label"' end), '}'), ','), ']}') end)
from "written1" as "t2";
-- $1 = Some("done")
-- $2 = Some("task")
-- $3 = Some("{\"open\"}")
