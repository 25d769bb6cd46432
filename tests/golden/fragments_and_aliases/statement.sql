-- first
select concat('{"edges":[', string_agg(concat('{"node":{"title":', to_json("t2"."title"), ',"project":', coalesce((select concat('{"id":', "t3"."id", ',"name":', to_json("t3"."name"), '}')
from "public"."project" as "t3"
where ("t3"."id" = "t2"."project_id")), 'null'), '}}'), ','), ']}')
from (select "t1"."project_id", "t1"."title"
from "public"."task" as "t1"
order by "t1"."id"
limit 1) as "t2";
-- node
select concat('{"__typename":"Task","nodeId":"', translate(encode(convert_to(jsonb_build_array('public'::text, 'task'::text, "t1"."id")::text, 'UTF8'), 'base64'), chr(10), ''), '","title":', to_json("t1"."title"), ',"project":', coalesce((select concat('{"id":', "t2"."id", ',"name":', to_json("t2"."name"), '}')
from "public"."project" as "t2"
where ("t2"."id" = "t1"."project_id")), 'null'), '}')
from "public"."task" as "t1"
where ("t1"."id" = $1::int8);
-- $1 = Some("102")
