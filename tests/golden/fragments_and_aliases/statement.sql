-- first
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"id":', coalesce("t3"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."project_id")
limit 1), E'"\\/row"'), '}}'), ','), ']}')
from (select "t1"."project_id", "t1"."title"
from "public"."task" as "t1"
order by "t1"."id"
limit 1) as "t2";
-- node
select pg_catalog.concat('{"__typename":"Task","nodeId":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('public'::pg_catalog.text, 'task'::pg_catalog.text, "t1"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","title":', coalesce(pg_catalog.to_json("t1"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."project_id")
limit 1), E'"\\/row"'), '}')
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8)
limit 1;
-- $1 = Some("102")
