-- insertIntoAccountCollection
with "written" as (insert into "public"."account" as "t1" ("id", "name")
values ($1::int4, $2::text)
returning 1 as "row")
select concat('{"affectedCount":', count(*), '}')
from "written" as "t2";
-- $1 = Some("9")
-- $2 = Some("Gone")
-- deleteFromTaskCollection
with "written" as (delete from "public"."task" as "t1"
where ("t1"."project_id" = $1::int4)
returning "t1"."id")
select case when (count(*) > 1) then concat('atMost is 1, but ', count(*), ' rows match')::int4::text else concat('{"affectedCount":', count(*), ',"records":[', string_agg(concat('{"id":"', "t2"."id", '"}'), ','), ']}') end
from "written" as "t2";
-- $1 = Some("10")
