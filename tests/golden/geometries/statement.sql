-- near
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array(("t2"."position" operator("geo".<->) $1::"geo"."geography"), "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"position":', coalesce(pg_catalog.to_json("geo"."st_asgeojson"("t2"."position", 15)), E'"\\/null"'), ',"positionDistance":', coalesce(case when ((("t2"."position" operator("geo".<->) $2::"geo"."geography") operator(pg_catalog.<) 'Infinity'::pg_catalog.float8) and (("t2"."position" operator("geo".<->) $3::"geo"."geography") operator(pg_catalog.>) '-Infinity'::pg_catalog.float8)) then ("t2"."position" operator("geo".<->) $4::"geo"."geography")::pg_catalog.float8::pg_catalog.text end, 'null'), '}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 2) then 'true' else 'false' end, '}}')
from (select "t1"."id", "t1"."name", "t1"."position", pg_catalog.row_number() over (order by ("t1"."position" operator("geo".<->) $5::"geo"."geography"), "t1"."id") as "row_number"
from (select "t3"."id", "t3"."name", "t3"."position"
from "public"."station" as "t3"
where "geo"."st_dwithin"("t3"."position", $6::"geo"."geography", $7::pg_catalog.float8, false)
order by ("t3"."position" operator("geo".<->) $8::"geo"."geography")
fetch first 3 rows with ties) as "t1"
order by ("t1"."position" operator("geo".<->) $9::"geo"."geography"), "t1"."id"
limit 3) as "t2";
-- $1 = Some("SRID=4326;POINT(13.3695 52.525)")
-- $2 = Some("SRID=4326;POINT(13.3695 52.525)")
-- $3 = Some("SRID=4326;POINT(13.3695 52.525)")
-- $4 = Some("SRID=4326;POINT(13.3695 52.525)")
-- $5 = Some("SRID=4326;POINT(13.3695 52.525)")
-- $6 = Some("SRID=4326;POINT(13.3695 52.525)")
-- $7 = Some("10000")
-- $8 = Some("SRID=4326;POINT(13.3695 52.525)")
-- $9 = Some("SRID=4326;POINT(13.3695 52.525)")
-- around
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"district":', coalesce(pg_catalog.to_json("geo"."st_asgeojson"("t2"."district", 15)), 'null'), '}}'), ','), ']}')
from (select "t1"."name", "t1"."district"
from "public"."station" as "t1"
where ("geo"."st_contains"("t1"."district", $1::"geo"."geometry") and ("t1"."district" operator("geo".&&) $2::"geo"."geometry"))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("SRID=4326;POINT(13.4 52.52)")
-- $2 = Some("SRID=4326;POLYGON((13 52,13 53,13.4 53,13.4 52,13 52))")
