-- authorCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"row":', coalesce(pg_catalog.to_json("t2"."row"::pg_catalog.text), E'"\\/null"'), ',"initial":', coalesce(pg_catalog.to_json("public"."initial"("t2"."row_")::pg_catalog.text), 'null'), ',"mood":', coalesce((select pg_catalog.concat(coalesce(pg_catalog.jsonb_object_field('{"calm":"calm","not-calm":"NOT_CALM"}'::pg_catalog.jsonb, "t3"."t3"::pg_catalog.text)::pg_catalog.text, case when ("t3"."t3" is null) then 'null' else E'"\\/label"' end))
from "public"."_mood"("t2"."row_") as "t3"
limit 1), 'null'), ',"moods":', coalesce((select pg_catalog.concat(case when (pg_catalog.array_ndims("t4"."t4"::pg_catalog.text[]) operator(pg_catalog.>) 1) then E'"\\/dimensions"' when (not (pg_catalog.array_remove("t4"."t4"::pg_catalog.text[], null) operator(pg_catalog.<@) '{"calm","not-calm"}'::pg_catalog.text[])) then E'"\\/label"' else coalesce(pg_catalog.to_json(pg_catalog.array_replace("t4"."t4"::pg_catalog.text[], 'not-calm', 'NOT_CALM'))::pg_catalog.text, 'null') end)
from "public"."moods"("t2"."row_") as "t4"
limit 1), 'null'), ',"booksWritten":', coalesce(pg_catalog.to_json("public"."books_written"("t2"."row_")::pg_catalog.int8::pg_catalog.text), 'null'), ',"latestBook":', coalesce((select pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t5"."title"::pg_catalog.text), E'"\\/null"'), ',"age":', coalesce("public"."age"("t5".*::"public"."book")::pg_catalog.int4::pg_catalog.text, 'null'), ',"author":', coalesce((select pg_catalog.concat('{"initial":', coalesce(pg_catalog.to_json("public"."initial"("t6".*::"public"."author")::pg_catalog.text), 'null'), '}')
from "public"."author" as "t6"
where ("t6"."id" operator(pg_catalog.=) "t5"."author_id")
limit 1), E'"\\/row"'), '}')
from "public"."latest_book"("t2"."row_") as "t5"
where (not ("t5".*::"public"."book" is null))
limit 1), 'null'), ',"oldBook":', coalesce((select pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t7"."title"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."old_book"("t2"."row_") as "t7"
where (not ("t7".*::"public"."book" is null))
limit 1), 'null'), ',"books":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t9"."id", "t9"."year")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"title":', coalesce(pg_catalog.to_json("t9"."title"::pg_catalog.text), E'"\\/null"'), ',"age":', coalesce("public"."age"("t9"."row")::pg_catalog.int4::pg_catalog.text, 'null'), '}}'), ',' order by "t9"."row_number" desc) filter (where ("t9"."row_number" operator(pg_catalog.<=) 1)), '],"pageInfo":{"hasPreviousPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 1) then 'true' else 'false' end, '}}')
from (select "t8"."id", "t8"."title", "t8"."year", "t8".*::"public"."book" as "row", pg_catalog.row_number() over (order by "t8"."id" desc, "t8"."year" desc) as "row_number"
from "public"."books"("t2"."row_") as "t8"
where ("t8"."year" operator(pg_catalog.>) $1::pg_catalog.int4)
order by "t8"."id" desc, "t8"."year" desc
limit 2) as "t9"), ',"touched":', (with "called1" as (select "t12".*
from "public"."touched"("t2"."row_") as "t12")
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t11"."title"::pg_catalog.text), E'"\\/null"'), ',"age":', coalesce("public"."age"("t11"."row")::pg_catalog.int4::pg_catalog.text, 'null'), '}}'), ',') filter (where ("t11"."row_number" operator(pg_catalog.<=) 1)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 1) then 'true' else 'false' end, '}}')
from (select "t10"."title", "t10".*::"public"."book" as "row", pg_catalog.row_number() over (order by "t10"."id", "t10"."year") as "row_number"
from "called1" as "t10"
order by "t10"."id", "t10"."year"
limit 2) as "t11"
having ((select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "called1" as "called1") is not null)), '}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 30)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 30) then 'true' else 'false' end, '}}')
from (select "t1"."row", "t1".*::"public"."author" as "row_", pg_catalog.row_number() over (order by "t1"."t2" nulls first, "t1"."id") as "row_number"
from "public"."author" as "t1"
order by "t1"."t2" nulls first, "t1"."id"
limit 31) as "t2";
-- $1 = Some("1980")
-- authorByPk
select pg_catalog.concat('{"t1":', coalesce(pg_catalog.to_json("t1"."t1"::pg_catalog.text), 'null'), ',"initial":', coalesce(pg_catalog.to_json("public"."initial"("t1".*::"public"."author")::pg_catalog.text), 'null'), ',"bookCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"age":', coalesce("public"."age"("t3"."row")::pg_catalog.int4::pg_catalog.text, 'null'), ',"author":', coalesce((select pg_catalog.concat('{"booksWritten":', coalesce(pg_catalog.to_json("public"."books_written"("t4".*::"public"."author")::pg_catalog.int8::pg_catalog.text), 'null'), '}')
from "public"."author" as "t4"
where ("t4"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
limit 1), E'"\\/row"'), '}}'), ','), ']}')
from (select "t2"."author_id", "t2".*::"public"."book" as "row"
from "public"."book" as "t2"
where ("t2"."author_id" operator(pg_catalog.=) $2::pg_catalog.int4)
order by "t2"."id", "t2"."year"
limit 2) as "t3"), '}')
from "public"."author" as "t1"
where ("t1"."id" operator(pg_catalog.=) $3::pg_catalog.int4)
limit 1;
-- $1 = Some("1")
-- $2 = Some("1")
-- $3 = Some("1")
-- recentCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"headline":', coalesce(pg_catalog.to_json("public"."headline"("t2"."row")::pg_catalog.text), 'null'), '}}'), ',' order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)), ']}')
from (select "t1".*::"public"."recent" as "row", pg_catalog.row_number() over (order by "t1"."id" desc) as "row_number"
from "public"."recent" as "t1"
order by "t1"."id" desc
limit 3) as "t2";
