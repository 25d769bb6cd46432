-- insertIntoTaskCollection
with "written" as (insert into "public"."task" as "t1" ("id", "project_id", "title", "points", "due")
values ($1::int8, $2::int4, $3::text, default, $4::date), ($5::int8, $6::int4, $7::text, $8::numeric, default)
returning "t1"."id", "t1"."project_id", "t1"."title", "t1"."due")
select concat('{"affectedCount":', count(*), ',"records":[', string_agg(concat('{"nodeId":"', translate(encode(convert_to(jsonb_build_array('public'::text, 'task'::text, "t2"."id")::text, 'UTF8'), 'base64'), chr(10), ''), '","title":', to_json("t2"."title"), ',"due":', coalesce(to_json("t2"."due"), 'null'), ',"project":', coalesce((select concat('{"name":', to_json("t3"."name"), '}')
from "public"."project" as "t3"
where ("t3"."id" = "t2"."project_id")), 'null'), '}'), ','), ']}')
from "written" as "t2";
-- $1 = Some("104")
-- $2 = Some("11")
-- $3 = Some("O'Hara's \\ $1 \"; drop table task; --")
-- $4 = None
-- $5 = Some("105")
-- $6 = Some("10")
-- $7 = Some("Plain")
-- $8 = Some("0.5")
-- insertIntoAccountCollection
with "written" as (insert into "public"."account" as "t1" ("id", "name")
values ($1::int4, $2::text)
returning 1 as "row")
select concat('{"affectedCount":', count(*), '}')
from "written" as "t2";
-- $1 = Some("3")
-- $2 = Some("Cy")
