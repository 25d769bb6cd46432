-- taskByPk
select pg_catalog.concat('{"title":', pg_catalog.to_json("t1"."title"::pg_catalog.text), case when ("t1"."title" is null) then E'"\001null"' end, ',"points":', coalesce((('"' operator(pg_catalog.||) "t1"."points"::pg_catalog.numeric::pg_catalog.text) operator(pg_catalog.||) '"'), 'null'), ',"project":', coalesce((select pg_catalog.concat('{"name":', pg_catalog.to_json("t2"."name"::pg_catalog.text), case when ("t2"."name" is null) then E'"\001null"' end, ',"owner":', coalesce((select pg_catalog.concat('{"name":', pg_catalog.to_json("t3"."name"::pg_catalog.text), case when ("t3"."name" is null) then E'"\001null"' end, '}')
from "public"."account" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."owner_id")), 'null'), '}')
from "public"."project" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."project_id")), E'"\001row"'), ',"assignee":', coalesce((select pg_catalog.concat('{"name":', pg_catalog.to_json("t4"."name"::pg_catalog.text), case when ("t4"."name" is null) then E'"\001null"' end, ',"email":', coalesce(pg_catalog.to_json("t4"."email"::pg_catalog.text), 'null'), '}')
from "public"."account" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t1"."assignee_id")), 'null'), '}')
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8);
-- $1 = Some("100")
