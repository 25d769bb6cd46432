-- projectCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"taskCollection":', (select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "public"."task" as "t5"
where (("t2"."id" operator(pg_catalog.=) "t5"."project_id") and ("t5"."due" is not null))), ',"aggregate":', (select pg_catalog.concat('{"count":', pg_catalog.count(*)::pg_catalog.int4, ',"sum":{"points":', coalesce(pg_catalog.to_json(pg_catalog.sum("t6"."points"::pg_catalog.numeric)), 'null'), '},"max":{"title":', coalesce(pg_catalog.to_json(pg_catalog.max("t6"."title"::pg_catalog.text)), 'null'), ',"due":', coalesce(pg_catalog.to_json(pg_catalog.max("t6"."due"::pg_catalog.date)), 'null'), '}}')
from "public"."task" as "t6"
where (("t2"."id" operator(pg_catalog.=) "t6"."project_id") and ("t6"."due" is not null))), '}')
having true), '}}'), ','), ']}')
from (select "t1"."id", "t1"."name"
from "public"."project" as "t1"
order by "t1"."id"
limit 30) as "t2";
