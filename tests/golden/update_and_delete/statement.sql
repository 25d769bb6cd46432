-- updateTaskCollection
with "written" as (update "public"."task" as "t1"
set "title" = $1::text, "due" = $2::date
where (("t1"."project_id" = $3::int4) and ("t1"."points" is not null))
returning "t1"."id", "t1"."assignee_id", "t1"."title", "t1"."due")
select case when (count(*) > 2) then concat('atMost is 2, but ', count(*), ' rows match')::int4::text else concat('{"affectedCount":', count(*), ',"records":[', string_agg(concat('{"id":"', "t2"."id", '","title":', to_json("t2"."title"), ',"due":', coalesce(to_json("t2"."due"), 'null'), ',"assignee":', coalesce((select concat('{"name":', to_json("t3"."name"), '}')
from "public"."account" as "t3"
where ("t3"."id" = "t2"."assignee_id")), 'null'), '}'), ','), ']}') end
from "written" as "t2";
-- $1 = Some("Moved")
-- $2 = None
-- $3 = Some("10")
-- again
with "written" as (update "public"."task" as "t1"
set "points" = $1::numeric
where ("t1"."title" = $2::text)
returning "t1"."id", "t1"."points")
select case when (count(*) > 5) then concat('atMost is 5, but ', count(*), ' rows match')::int4::text else concat('{"records":[', string_agg(concat('{"id":"', "t2"."id", '","points":', coalesce((('"' || "t2"."points"::text) || '"'), 'null'), '}'), ','), ']}') end
from "written" as "t2";
-- $1 = Some("3")
-- $2 = Some("Moved")
-- deleteFromTaskCollection
with "written" as (delete from "public"."task" as "t1"
where ("t1"."id" = $1::int8)
returning "t1"."id")
select case when (count(*) > 1) then concat('atMost is 1, but ', count(*), ' rows match')::int4::text else concat('{"affectedCount":', count(*), ',"records":[', string_agg(concat('{"nodeId":"', translate(encode(convert_to(jsonb_build_array('public'::text, 'task'::text, "t2"."id")::text, 'UTF8'), 'base64'), chr(10), ''), '"}'), ','), ']}') end
from "written" as "t2";
-- $1 = Some("103")
