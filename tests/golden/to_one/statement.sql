-- taskByPk
select pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t1"."title"::pg_catalog.text), E'"\\/null"'), ',"points":', coalesce(pg_catalog.to_json("t1"."points"::pg_catalog.numeric::pg_catalog.text), 'null'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"owner":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."account" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."owner_id")
limit 1), 'null'), '}')
from "public"."project" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."project_id")
limit 1), E'"\\/row"'), ',"assignee":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t4"."name"::pg_catalog.text), E'"\\/null"'), ',"email":', coalesce(pg_catalog.to_json("t4"."email"::pg_catalog.text), 'null'), '}')
from "public"."account" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t1"."assignee_id")
limit 1), 'null'), '}')
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8)
limit 1;
-- $1 = Some("100")
