-- accountCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"projectCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"name":', coalesce(pg_catalog.to_json("t4"."name"::pg_catalog.text), E'"\\/null"'), ',"taskCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t6"."title"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t5"."title"
from "public"."task" as "t5"
where ("t4"."id" operator(pg_catalog.=) "t5"."project_id")
order by "t5"."id"
limit 2) as "t6"), '}}'), ','), ']}')
from (select "t3"."id", "t3"."name"
from "public"."project" as "t3"
where ("t2"."id" operator(pg_catalog.=) "t3"."owner_id")
order by "t3"."id"
limit 30) as "t4"), '}}'), ','), ']}')
from (select "t1"."id", "t1"."name"
from "public"."account" as "t1"
order by "t1"."id"
limit 30) as "t2";
