-- both
with "written1" as (insert into "public"."artist" as "t1" ("name")
select "t3"."name"
from rows from (pg_catalog.unnest($1::pg_catalog.text[])) with ordinality as "t3"("name", "place")
order by "t3"."place"
on conflict on constraint "artist_name_key" do update set "name" = "excluded"."name"
returning "t1"."id")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.<>) $2::pg_catalog.int8) then pg_catalog.concat('of the rows of Artist to insert ', pg_catalog.count(*), ' of ', $3::pg_catalog.int8, ' were written')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.keys_0_0', coalesce(pg_catalog.array_agg("t2"."id"::pg_catalog.text)::pg_catalog.text, '{}'), true), 0)) end)
from "written1" as "t2";
-- $1 = Some("{\"AC/DC\",\"Ada\"}")
-- $2 = Some("2")
-- $3 = Some("2")
-- both
with "written1" as (insert into "public"."album" as "t1" ("artist_id", "title", "tags")
select ((select pg_catalog.current_setting('glowplug.keys_0_0')::pg_catalog.text[]))["t3"."link0"]::pg_catalog.int4, "t3"."title", "t3"."tags"::pg_catalog.text[]
from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.int4[])) with ordinality as "t3"("title", "tags", "link0", "place")
order by "t3"."place"
returning "t1"."id", "t1"."artist_id", "t1"."title", "t1"."tags")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.<>) $4::pg_catalog.int8) then pg_catalog.concat('of the rows of Album to insert ', pg_catalog.count(*), ' of ', $5::pg_catalog.int8, ' were written')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.keys_1_0', coalesce(pg_catalog.array_agg("t2"."id"::pg_catalog.text)::pg_catalog.text, '{}'), true), 0), pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."id"::pg_catalog.text, "t2"."artist_id"::pg_catalog.text, "t2"."title"::pg_catalog.text, "t2"."tags"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))) end)
from "written1" as "t2";
-- $1 = Some("{\"Back in Black\",\"First\"}")
-- $2 = Some("{\"{\\\"rock\\\",NULL}\",NULL}")
-- $3 = Some("{\"1\",\"2\"}")
-- $4 = Some("2")
-- $5 = Some("2")
-- both
with "written1" as (insert into "public"."track" as "t1" ("album_id", "number", "name")
select ((select pg_catalog.current_setting('glowplug.keys_1_0')::pg_catalog.text[]))["t3"."link0"]::pg_catalog.int4, "t3"."number", "t3"."name"
from rows from (pg_catalog.unnest($1::pg_catalog.int4[]), pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.int4[])) with ordinality as "t3"("number", "name", "link0", "place")
order by "t3"."place"
returning 1 as "row")
select pg_catalog.concat(pg_catalog.concat(''))
from "written1" as "t2"
having true;
-- $1 = Some("{\"1\",\"2\",\"1\"}")
-- $2 = Some("{\"Hells Bells\",\"Shoot to Thrill\",\"Engine\"}")
-- $3 = Some("{\"1\",\"1\",\"2\"}")
-- both
select pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"tags":', case when (pg_catalog.array_ndims("t2"."tags") operator(pg_catalog.>) 1) then E'"\\/dimensions"' else coalesce(pg_catalog.to_json("t2"."tags"::pg_catalog.text[])::pg_catalog.text, 'null') end, ',"artist":', coalesce((select pg_catalog.concat('{"id":', coalesce("t3"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."artist" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."artist_id")
limit 1), E'"\\/row"'), ',"trackCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"number":', coalesce("t5"."number"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t5"."name"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t4"."number", "t4"."name"
from "public"."track" as "t4"
where ("t2"."id" operator(pg_catalog.=) "t4"."album_id")
order by "t4"."album_id", "t4"."number"
limit 30) as "t5"), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.int4 as "artist_id", ("t1"."value" operator(pg_catalog.->>) 2)::pg_catalog.text as "title", ("t1"."value" operator(pg_catalog.->>) 3)::pg_catalog.text[] as "tags"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
-- ragged
with "written1" as (insert into "public"."artist" as "t1" ("name")
select "t3"."name"
from rows from (pg_catalog.unnest($1::pg_catalog.text[])) with ordinality as "t3"("name", "place")
order by "t3"."place"
returning "t1"."id", "t1"."name")
select pg_catalog.concat(case when (pg_catalog.count(*) operator(pg_catalog.<>) $2::pg_catalog.int8) then pg_catalog.concat('of the rows of Artist to insert ', pg_catalog.count(*), ' of ', $3::pg_catalog.int8, ' were written')::pg_catalog.int4::pg_catalog.text else pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.keys_0_0', coalesce(pg_catalog.array_agg("t2"."id"::pg_catalog.text)::pg_catalog.text, '{}'), true), 0), pg_catalog.concat(pg_catalog.left(pg_catalog.set_config('glowplug.kept_rows', coalesce(pg_catalog.json_agg(array["t2"."id"::pg_catalog.text, "t2"."name"::pg_catalog.text])::pg_catalog.text, '[]'), true), 0))) end)
from "written1" as "t2";
-- $1 = Some("{\"Bo\",\"Cy\"}")
-- $2 = Some("2")
-- $3 = Some("2")
-- ragged
with "written1" as (insert into "public"."album" as "t1" ("artist_id", "title", "added")
values (((select pg_catalog.current_setting('glowplug.keys_0_0')::pg_catalog.text[]))[1]::pg_catalog.int4, $1::pg_catalog.text, default), (((select pg_catalog.current_setting('glowplug.keys_0_0')::pg_catalog.text[]))[1]::pg_catalog.int4, $2::pg_catalog.text, $3::pg_catalog.date)
returning 1 as "row")
select pg_catalog.concat(pg_catalog.concat(''))
from "written1" as "t2"
having true;
-- $1 = Some("B")
-- $2 = Some("C")
-- $3 = Some("2025-01-01")
-- ragged
select pg_catalog.concat('{"records":[', pg_catalog.string_agg(pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"albumCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t4"."title"::pg_catalog.text), E'"\\/null"'), ',"added":', coalesce(pg_catalog.to_json("t4"."added"::pg_catalog.date), E'"\\/null"'), '}}'), ','), ']}')
from (select "t3"."title", "t3"."added"
from "public"."album" as "t3"
where ("t2"."id" operator(pg_catalog.=) "t3"."artist_id")
order by "t3"."id"
limit 30) as "t4"), '}'), ','), ']}')
from (select ("t1"."value" operator(pg_catalog.->>) 0)::pg_catalog.int4 as "id", ("t1"."value" operator(pg_catalog.->>) 1)::pg_catalog.text as "name"
from "pg_catalog"."json_array_elements"(pg_catalog.current_setting('glowplug.kept_rows')::pg_catalog.json) as "t1"
limit 9223372036854775807) as "t2";
