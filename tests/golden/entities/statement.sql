-- _entities
select pg_catalog.concat('[', pg_catalog.string_agg(pg_catalog.concat(case when ("t1"."number" operator(pg_catalog.=) 3) then coalesce((select pg_catalog.concat('{"__typename":"Account","name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"email":', coalesce(pg_catalog.to_json("t2"."email"::pg_catalog.text), 'null'), '}')
from "public"."account" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."value0"::pg_catalog.int4)
limit 1), 'null') when ("t1"."number" operator(pg_catalog.=) 4) then coalesce((select pg_catalog.concat('{"__typename":"Task","title":', coalesce(pg_catalog.to_json("t3"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t4"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t3"."project_id")
limit 1), E'"\\/row"'), '}')
from "public"."task" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t1"."value0"::pg_catalog.int8)
limit 1), 'null') when ("t1"."number" operator(pg_catalog.=) 5) then coalesce((select pg_catalog.concat('{"__typename":"Task","title":', coalesce(pg_catalog.to_json("t5"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t6"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t6"
where ("t6"."id" operator(pg_catalog.=) "t5"."project_id")
limit 1), E'"\\/row"'), '}')
from "public"."task" as "t5"
where ("t5"."id" operator(pg_catalog.=) "t1"."value0"::pg_catalog.int8)
limit 1), 'null') when ("t1"."number" operator(pg_catalog.=) 0) then E'"\\/entity"' when ("t1"."number" operator(pg_catalog.=) 1) then E'"\\/key"' when ("t1"."number" operator(pg_catalog.=) 2) then E'"\\/value"' else 'null' end), ',' order by "t1"."place"), ']')
from rows from (pg_catalog.unnest($1::pg_catalog.int4[]), pg_catalog.unnest($2::pg_catalog.text[])) with ordinality as "t1"("number", "value0", "place");
-- $1 = Some("{\"4\",\"3\",\"5\",\"4\",\"4\"}")
-- $2 = Some("{\"103\",\"1\",\"100\",\"999\",\"100\"}")
-- again
select pg_catalog.concat('[', pg_catalog.string_agg(pg_catalog.concat(case when ("t1"."number" operator(pg_catalog.=) 3) then coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."account" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."value0"::pg_catalog.int4)
limit 1), 'null') when ("t1"."number" operator(pg_catalog.=) 0) then E'"\\/entity"' when ("t1"."number" operator(pg_catalog.=) 1) then E'"\\/key"' when ("t1"."number" operator(pg_catalog.=) 2) then E'"\\/value"' else 'null' end), ',' order by "t1"."place"), ']')
from rows from (pg_catalog.unnest($1::pg_catalog.int4[]), pg_catalog.unnest($2::pg_catalog.text[])) with ordinality as "t1"("number", "value0", "place");
-- $1 = Some("{\"3\"}")
-- $2 = Some("{\"2\"}")
