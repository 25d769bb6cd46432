-- updated
with "written1" as (update "public"."task" as "t1"
set "title" = $1::pg_catalog.text
where ("t1"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4)
returning "t1"."tenant_id", "t1"."project_id", "t1"."title")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '9'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '9'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text, "t2"."title"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0)) end)
from "written1" as "t2";
-- $1 = Some("new")
-- $2 = Some("1")
-- updated
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "tenant_id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "project_id", ("t1"."value" operator(pg_catalog.->>) 2)::pg_catalog.text as "title"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- $1 = Some("1")
-- moved
with "written1" as (update "public"."task" as "t1"
set "tenant_id" = $1::pg_catalog.int4, "id" = $2::pg_catalog.int4
where (("t1"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.=) $4::pg_catalog.int4))
returning "t1"."tenant_id", "t1"."project_id")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0)) end)
from "written1" as "t2";
-- $1 = Some("3")
-- $2 = Some("30")
-- $3 = Some("1")
-- $4 = Some("1")
-- moved
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "tenant_id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "project_id"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- $1 = Some("3")
-- deleted
with "written1" as (delete from "public"."task" as "t1"
where (("t1"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4))
returning "t1"."tenant_id", "t1"."project_id")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.>) '1'::pg_catalog.int8) then pg_catalog.concat('atMost is ', '1'::pg_catalog.int8, ', but ', pg_catalog.count(*), ' rows match')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0)) end)
from "written1" as "t2";
-- $1 = Some("1")
-- $2 = Some("2")
-- deleted
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "tenant_id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "project_id"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- $1 = Some("1")
-- one
with "written1" as (insert into "public"."task" as "t1" ("tenant_id", "id", "project_id", "title")
values ($1::pg_catalog.int4, $2::pg_catalog.int4, $3::pg_catalog.int4, $4::pg_catalog.text)
returning "t1"."tenant_id", "t1"."project_id")
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "written1" as "t2";
-- $1 = Some("1")
-- $2 = Some("9")
-- $3 = Some("1")
-- $4 = Some("one")
-- one
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) $2::pg_catalog.int4))
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "tenant_id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "project_id"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- $1 = Some("1")
-- $2 = Some("1")
-- alike
with "written1" as (insert into "public"."task" as "t1" ("tenant_id", "id", "project_id", "title")
select "t3"."tenant_id", "t3"."id", "t3"."project_id", "t3"."title"
from rows from (pg_catalog.unnest($1::pg_catalog.int4[]), pg_catalog.unnest($2::pg_catalog.int4[]), pg_catalog.unnest($3::pg_catalog.int4[]), pg_catalog.unnest($4::pg_catalog.text[])) as "t3"("tenant_id", "id", "project_id", "title")
returning "t1"."tenant_id", "t1"."project_id", "t1"."title")
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text, "t2"."title"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "written1" as "t2";
-- $1 = Some("{\"2\",\"2\"}")
-- $2 = Some("{\"21\",\"22\"}")
-- $3 = Some("{\"1\",\"2\"}")
-- $4 = Some("{\"a\",\"b\"}")
-- alike
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "tenant_id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "project_id", ("t1"."value" operator(pg_catalog.->>) 2)::pg_catalog.text as "title"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- $1 = Some("2")
-- differ
with "written1" as (insert into "public"."task" as "t1" ("tenant_id", "id", "project_id", "title")
select "t3"."tenant_id", "t3"."id", "t3"."project_id", "t3"."title"
from rows from (pg_catalog.unnest($1::pg_catalog.int4[]), pg_catalog.unnest($2::pg_catalog.int4[]), pg_catalog.unnest($3::pg_catalog.int4[]), pg_catalog.unnest($4::pg_catalog.text[])) as "t3"("tenant_id", "id", "project_id", "title")
returning "t1"."tenant_id", "t1"."project_id", "t1"."title")
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text, "t2"."title"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "written1" as "t2";
-- $1 = Some("{\"1\",\"2\"}")
-- $2 = Some("{\"31\",\"31\"}")
-- $3 = Some("{\"1\",\"2\"}")
-- $4 = Some("{\"c\",\"d\"}")
-- differ
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) "t2"."tenant_id") and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "tenant_id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "project_id", ("t1"."value" operator(pg_catalog.->>) 2)::pg_catalog.text as "title"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- upserted
with "written1" as (insert into "public"."task" as "t1" ("tenant_id", "id", "project_id", "title")
values ($1::pg_catalog.int4, $2::pg_catalog.int4, $3::pg_catalog.int4, $4::pg_catalog.text)
on conflict on constraint "task_pkey" do update set "title" = "excluded"."title"
returning "t1"."tenant_id", "t1"."project_id", "t1"."title")
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text, "t2"."title"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "written1" as "t2";
-- $1 = Some("1")
-- $2 = Some("4")
-- $3 = Some("2")
-- $4 = Some("again")
-- upserted
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "tenant_id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "project_id", ("t1"."value" operator(pg_catalog.->>) 2)::pg_catalog.text as "title"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- $1 = Some("1")
-- guarded
with "written1" as (insert into "public"."guarded" as "t1" ("tenant_id", "id", "project_id", "title")
values ($1::pg_catalog.int4, $2::pg_catalog.int4, $3::pg_catalog.int4, $4::pg_catalog.text)
returning "t1"."tenant_id", "t1"."project_id")
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."tenant_id"::pg_catalog.text, "t2"."project_id"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))
from "written1" as "t2";
-- $1 = Some("1")
-- $2 = Some("1")
-- $3 = Some("1")
-- $4 = Some("guarded")
-- guarded
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) "t2"."tenant_id") and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "tenant_id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "project_id"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- cut
with "written1" as (insert into "public"."labelled" as "t1" ("id", "code")
values ($1::pg_catalog.int4, $2::pg_catalog.bpchar)
returning "t1"."code")
select pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array[case when ("t2"."code" is not null) then pg_catalog.concat("t2"."code") end])::pg_catalog.text, '[]'), true), 0))
from "written1" as "t2";
-- $1 = Some("1")
-- $2 = Some("A     ")
-- cut
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"code":', coalesce(pg_catalog.to_json("t2"."code"::pg_catalog.bpchar), 'null'), ',"label":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."label" as "t3"
where ("t3"."code" operator(pg_catalog.=) "t2"."code")
limit 1), 'null'), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.bpchar as "code"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
