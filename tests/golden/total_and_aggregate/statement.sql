-- projectCollection
select concat('{"edges":[', string_agg(concat('{"node":{"name":', to_json("t2"."name"), ',"taskCollection":', (select concat('{"totalCount":', (select count(*)
from "public"."task" as "t5"
where (("t5"."project_id" = "t2"."id") and ("t5"."due" is not null))), ',"aggregate":', (select concat('{"count":', count(*), ',"sum":{"points":', coalesce(to_json(sum("t6"."points")), 'null'), '},"max":{"title":', coalesce(to_json(max("t6"."title")), 'null'), ',"due":', coalesce(to_json(max("t6"."due")), 'null'), '}}')
from "public"."task" as "t6"
where (("t6"."project_id" = "t2"."id") and ("t6"."due" is not null))), '}')), '}}'), ','), ']}')
from (select "t1"."id", "t1"."name"
from "public"."project" as "t1"
order by "t1"."id"
limit 30) as "t2";
