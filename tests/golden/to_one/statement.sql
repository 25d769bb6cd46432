-- taskByPk
select concat('{"title":', to_json("t1"."title"), ',"points":', coalesce((('"' || "t1"."points"::text) || '"'), 'null'), ',"project":', coalesce((select concat('{"name":', to_json("t2"."name"), ',"owner":', coalesce((select concat('{"name":', to_json("t3"."name"), '}')
from "public"."account" as "t3"
where ("t3"."id" = "t2"."owner_id")), 'null'), '}')
from "public"."project" as "t2"
where ("t2"."id" = "t1"."project_id")), 'null'), ',"assignee":', coalesce((select concat('{"name":', to_json("t4"."name"), ',"email":', coalesce(to_json("t4"."email"), 'null'), '}')
from "public"."account" as "t4"
where ("t4"."id" = "t1"."assignee_id")), 'null'), '}')
from "public"."task" as "t1"
where ("t1"."id" = $1::int8);
-- $1 = Some("100")
