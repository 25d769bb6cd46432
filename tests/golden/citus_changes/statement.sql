-- updated
with "written1" as (update "public"."task" as "t1"
set "title" = $1::pg_catalog.text
where ("t1"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4)
returning "t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '9'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '9'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text, "t2"."title"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0)) end)
from "written1" as "t2"
where exists (select 1
from "pg_catalog"."pg_am" as "here");
-- $1 = Some("new")
-- $2 = Some("1")
-- updated
select pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', "t2"."related1", '}'), ',' order by "t2"."tenant_id", "t2"."id"), ']}')
from (select "t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title", pg_catalog.concat(coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t4"."name"::pg_catalog.text), E'"\\/null"'), ',"taskCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t6"."title"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t5"."title"
from "public"."task" as "t5"
where (("t5"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t4"."id" operator(pg_catalog.=) "t5"."project_id"))
order by "t5"."tenant_id", "t5"."id"
limit 1) as "t6"), '}')
from "public"."project" as "t4"
where (("t4"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4) and ("t4"."id" operator(pg_catalog.=) "t1"."project_id"))
limit 1), 'null')) as "related1"
from "public"."task" as "t1"
where (("t1"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4) and (("t1"."tenant_id", "t1"."id") operator(pg_catalog.=) any (select ("t3"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4, ("t3"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t3"
where exists (select 1
from "pg_catalog"."pg_am" as "here"))))) as "t2";
-- $1 = Some("1")
-- $2 = Some("1")
-- $3 = Some("1")
-- everywhere
with "written1" as (update "public"."task" as "t1"
set "title" = $1::pg_catalog.text
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4)
returning "t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '9'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '9'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text, "t2"."title"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0)) end)
from "written1" as "t2"
where exists (select 1
from "pg_catalog"."pg_am" as "here");
-- $1 = Some("first")
-- $2 = Some("1")
-- everywhere
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', "t2"."related1", '}'), ',' order by "t2"."tenant_id", "t2"."id"), ']}')
from (select "t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title", pg_catalog.concat(coalesce((select pg_catalog.concat('{"__typename":"Project"}')
from "public"."project" as "t4"
where (("t4"."tenant_id" operator(pg_catalog.=) "t1"."tenant_id") and ("t4"."id" operator(pg_catalog.=) "t1"."project_id"))
limit 1), 'null')) as "related1"
from "public"."task" as "t1"
where (("t1"."tenant_id", "t1"."id") operator(pg_catalog.=) any (select ("t3"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4, ("t3"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t3"
where exists (select 1
from "pg_catalog"."pg_am" as "here")))) as "t2";
-- inserted
with "written1" as (insert into "public"."task" as "t1" ("tenant_id", "id", "project_id", "title")
select "t3"."tenant_id", "t3"."id", "t3"."project_id", "t3"."title"
from rows from (pg_catalog.unnest($1::pg_catalog.int4[]), pg_catalog.unnest($2::pg_catalog.int4[]), pg_catalog.unnest($3::pg_catalog.int4[]), pg_catalog.unnest($4::pg_catalog.text[])) as "t3"("tenant_id", "id", "project_id", "title")
returning "t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title")
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text, "t2"."title"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "written1" as "t2"
where exists (select 1
from "pg_catalog"."pg_am" as "here");
-- $1 = Some("{\"1\",\"2\"}")
-- $2 = Some("{\"21\",\"22\"}")
-- $3 = Some("{\"1\",\"2\"}")
-- $4 = Some("{\"a\",\"b\"}")
-- inserted
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', "t2"."related1", '}'), ',' order by "t2"."tenant_id", "t2"."id"), ']}')
from (select "t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title", pg_catalog.concat(coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t4"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t4"
where (("t4"."tenant_id" operator(pg_catalog.=) "t1"."tenant_id") and ("t4"."id" operator(pg_catalog.=) "t1"."project_id"))
limit 1), 'null')) as "related1"
from "public"."task" as "t1"
where (("t1"."tenant_id", "t1"."id") operator(pg_catalog.=) any (select ("t3"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4, ("t3"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t3"
where exists (select 1
from "pg_catalog"."pg_am" as "here")))) as "t2";
-- deleted
with "written1" as (delete from "public"."task" as "t1"
where (("t1"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4))
returning "t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text, "t2"."title"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0)) end)
from "written1" as "t2"
where exists (select 1
from "pg_catalog"."pg_am" as "here");
-- $1 = Some("1")
-- $2 = Some("2")
-- deleted
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "tenant_id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "id", ("t1"."value" operator(pg_catalog.->>) 2)::pg_catalog.int4 as "project_id", ("t1"."value" operator(pg_catalog.->>) 3)::pg_catalog.text as "title"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
where exists (select 1
from "pg_catalog"."pg_am" as "here")
limit 9223372036854775807) as "t2";
-- $1 = Some("1")
-- nested
with "written1" as (insert into "public"."project" as "t1" ("tenant_id", "id", "name")
select "t3"."tenant_id", "t3"."id", "t3"."name"
from rows from (pg_catalog.unnest($1::pg_catalog.int4[]), pg_catalog.unnest($2::pg_catalog.int4[]), pg_catalog.unnest($3::pg_catalog.text[])) with ordinality as "t3"("tenant_id", "id", "name", "place")
order by "t3"."place"
returning "t1"."tenant_id", "t1"."id", "t1"."name")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.<>) $4::pg_catalog.int8) then pg_catalog.concat('of the rows of Project to insert ', pg_catalog.count(*), ' of ', $5::pg_catalog.int8, ' were written')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.keys_0_0', coalesce(pg_catalog.array_agg("t2"."tenant_id"::pg_catalog.text)::pg_catalog.text, '{}'), true), 0), pg_catalog.left(pg_catalog.set_config('glowplug.keys_0_1', coalesce(pg_catalog.array_agg("t2"."id"::pg_catalog.text)::pg_catalog.text, '{}'), true), 0), pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."id"::pg_catalog.text, "t2"."name"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))) end)
from "written1" as "t2"
where exists (select 1
from "pg_catalog"."pg_am" as "here");
-- $1 = Some("{\"1\"}")
-- $2 = Some("{\"9\"}")
-- $3 = Some("{\"nested\"}")
-- $4 = Some("1")
-- $5 = Some("1")
-- nested
with "written1" as (insert into "public"."task" as "t1" ("tenant_id", "id", "project_id", "title")
select ((select pg_catalog.current_setting('glowplug.keys_0_0')::pg_catalog.text[]))["t3"."link0"]::pg_catalog.int4, "t3"."id", ((select pg_catalog.current_setting('glowplug.keys_0_1')::pg_catalog.text[]))["t3"."link0"]::pg_catalog.int4, "t3"."title"
from rows from (pg_catalog.unnest($1::pg_catalog.int4[]), pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.int4[])) with ordinality as "t3"("id", "title", "link0", "place")
order by "t3"."place"
returning 1 as "row")
select pg_catalog.concat(pg_catalog.concat(''))
from "written1" as "t2"
where exists (select 1
from "pg_catalog"."pg_am" as "here")
having true;
-- $1 = Some("{\"91\"}")
-- $2 = Some("{\"below\"}")
-- $3 = Some("{\"1\"}")
-- nested
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"taskCollection":', "t2"."related1", '}'), ',' order by "t2"."tenant_id", "t2"."id"), ']}')
from (select "t1"."tenant_id", "t1"."id", "t1"."name", pg_catalog.concat((select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t5"."title"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t4"."title"
from "public"."task" as "t4"
where (("t4"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t4"."project_id" operator(pg_catalog.=) $2::pg_catalog.int4))
order by "t4"."tenant_id", "t4"."id"
limit 30) as "t5")) as "related1"
from "public"."project" as "t1"
where (("t1"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.=) $4::pg_catalog.int4) and (("t1"."tenant_id", "t1"."id") operator(pg_catalog.=) any (select ("t3"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4, ("t3"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t3"
where exists (select 1
from "pg_catalog"."pg_am" as "here"))))) as "t2";
-- $1 = Some("1")
-- $2 = Some("9")
-- $3 = Some("1")
-- $4 = Some("9")
-- alone
with "written1" as (insert into "public"."task" as "t1" ("tenant_id", "id", "project_id", "title")
values ($1::pg_catalog.int4, $2::pg_catalog.int4, $3::pg_catalog.int4, $4::pg_catalog.text)
returning "t1"."tenant_id", "t1"."id")
select pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}'), ','), ']}')
from "written1" as "t2";
-- $1 = Some("1")
-- $2 = Some("10")
-- $3 = Some("1")
-- $4 = Some("alone")
