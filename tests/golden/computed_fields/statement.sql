-- authorCollection
select concat('{"edges":[', string_agg(concat('{"node":{"row":', to_json("t2"."row"), ',"initial":', coalesce(to_json("public"."initial"("t2"."row_")), 'null'), ',"mood":', (select concat(coalesce(to_json(case "t3"."t3"::text when 'not-calm' then 'NOT_CALM' else "t3"."t3"::text end::text), 'null'))
from "public"."_mood"("t2"."row_") as "t3"), ',"moods":', (select concat(coalesce(to_json(array_replace("t4"."t4"::text[], 'not-calm', 'NOT_CALM')::text[]), 'null'))
from "public"."moods"("t2"."row_") as "t4"), ',"booksWritten":', coalesce((('"' || "public"."books_written"("t2"."row_")::text) || '"'), 'null'), ',"latestBook":', coalesce((select concat('{"title":', coalesce(to_json("t5"."title"), 'null'), ',"age":', coalesce("public"."age"("t5".*::"public"."book")::text, 'null'), ',"author":', coalesce((select concat('{"initial":', coalesce(to_json("public"."initial"("t6".*::"public"."author")), 'null'), '}')
from "public"."author" as "t6"
where ("t6"."id" = "t5"."author_id")), 'null'), '}')
from "public"."latest_book"("t2"."row_") as "t5"
where (not ("t5".*::"public"."book" is null))
limit 1), 'null'), ',"oldBook":', coalesce((select concat('{"title":', coalesce(to_json("t7"."title"), 'null'), '}')
from "public"."old_book"("t2"."row_") as "t7"
where (not ("t7".*::"public"."book" is null))), 'null'), ',"books":', (select concat('{"edges":[', string_agg(concat('{"cursor":"', translate(encode(convert_to(jsonb_build_array("t9"."id", "t9"."year")::text, 'UTF8'), 'base64'), chr(10), ''), '","node":{"title":', coalesce(to_json("t9"."title"), 'null'), ',"age":', coalesce("public"."age"("t9"."row")::text, 'null'), '}}'), ',' order by "t9"."row_number" desc) filter (where ("t9"."row_number" <= 1)), '],"pageInfo":{"hasPreviousPage":', to_json((count(*) > 1)), '}}')
from (select "t8"."id", "t8"."title", "t8"."year", "t8".*::"public"."book" as "row", row_number() over (order by "t8"."id" desc, "t8"."year" desc) as "row_number"
from "public"."books"("t2"."row_") as "t8"
where ("t8"."year" > $1::int4)
order by "t8"."id" desc, "t8"."year" desc
limit 2) as "t9"), ',"touched":', (with "called" as (select "t12".*
from "public"."touched"("t2"."row_") as "t12")
select concat('{"edges":[', string_agg(concat('{"node":{"title":', coalesce(to_json("t11"."title"), 'null'), ',"age":', coalesce("public"."age"("t11"."row")::text, 'null'), '}}'), ',') filter (where ("t11"."row_number" <= 1)), '],"pageInfo":{"hasNextPage":', to_json((count(*) > 1)), '}}')
from (select "t10"."title", "t10".*::"public"."book" as "row", row_number() over (order by "t10"."id", "t10"."year") as "row_number"
from "called" as "t10"
order by "t10"."id", "t10"."year"
limit 2) as "t11"
where ((select count(*)
from "called" as "called") >= 0)), '}}'), ',') filter (where ("t2"."row_number" <= 30)), '],"pageInfo":{"hasNextPage":', to_json((count(*) > 30)), '}}')
from (select "t1"."row", "t1".*::"public"."author" as "row_", row_number() over (order by "t1"."t2" nulls first, "t1"."id") as "row_number"
from "public"."author" as "t1"
order by "t1"."t2" nulls first, "t1"."id"
limit 31) as "t2";
-- $1 = Some("1980")
-- authorByPk
select concat('{"t1":', coalesce(to_json("t1"."t1"), 'null'), ',"initial":', coalesce(to_json("public"."initial"("t1".*::"public"."author")), 'null'), ',"bookCollection":', (select concat('{"edges":[', string_agg(concat('{"node":{"age":', coalesce("public"."age"("t3"."row")::text, 'null'), ',"author":', coalesce((select concat('{"booksWritten":', coalesce((('"' || "public"."books_written"("t4".*::"public"."author")::text) || '"'), 'null'), '}')
from "public"."author" as "t4"
where ("t4"."id" = "t3"."author_id")), 'null'), '}}'), ','), ']}')
from (select "t2"."author_id", "t2".*::"public"."book" as "row"
from "public"."book" as "t2"
where ("t2"."author_id" = "t1"."id")
order by "t2"."id", "t2"."year"
limit 2) as "t3"), '}')
from "public"."author" as "t1"
where ("t1"."id" = $1::int4);
-- $1 = Some("1")
-- recentCollection
select concat('{"edges":[', string_agg(concat('{"node":{"headline":', coalesce(to_json("public"."headline"("t2"."row")), 'null'), '}}'), ',' order by "t2"."row_number" desc) filter (where ("t2"."row_number" <= 2)), ']}')
from (select "t1".*::"public"."recent" as "row", row_number() over (order by "t1"."id" desc) as "row_number"
from "public"."recent" as "t1"
order by "t1"."id" desc
limit 3) as "t2";
