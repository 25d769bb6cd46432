-- forward
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."artist_id", "t2"."year", "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"label":', coalesce(pg_catalog.to_json("public"."label"("t2"."row")::pg_catalog.text), 'null'), '}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 2) then 'true' else 'false' end, ',"hasPreviousPage":', case when ((pg_catalog.count(*) operator(pg_catalog.>) 0) and exists (select 1
from (select distinct on ("t4"."artist_id") "t4"."id", "t4"."title", "t4"."artist_id", "t4"."year", "t4".*::"public"."album" as "row"
from "public"."album" as "t4"
order by "t4"."artist_id", "t4"."year" desc nulls last, "t4"."id") as "t3"
where (((("t3"."artist_id" operator(pg_catalog.>) $1::pg_catalog.int4) or ("t3"."artist_id" is null)) or (("t3"."artist_id" operator(pg_catalog.=) $2::pg_catalog.int4) and ((("t3"."year" operator(pg_catalog.<) $3::pg_catalog.int4) or ("t3"."year" is null)) or (("t3"."year" operator(pg_catalog.=) $4::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.>) $5::pg_catalog.int4))))) is not true))) then 'true' else 'false' end, ',"endCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."artist_id", "t2"."year", "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)))[1]), 'null'), '}}')
from (select "t1"."id", "t1"."title", "t1"."artist_id", "t1"."year", "t1"."row" as "row", pg_catalog.row_number() over (order by "t1"."artist_id", "t1"."year" desc nulls last, "t1"."id") as "row_number"
from (select distinct on ("t5"."artist_id") "t5"."id", "t5"."title", "t5"."artist_id", "t5"."year", "t5".*::"public"."album" as "row"
from "public"."album" as "t5"
order by "t5"."artist_id", "t5"."year" desc nulls last, "t5"."id") as "t1"
where ((("t1"."artist_id" operator(pg_catalog.>) $6::pg_catalog.int4) or ("t1"."artist_id" is null)) or (("t1"."artist_id" operator(pg_catalog.=) $7::pg_catalog.int4) and ((("t1"."year" operator(pg_catalog.<) $8::pg_catalog.int4) or ("t1"."year" is null)) or (("t1"."year" operator(pg_catalog.=) $9::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.>) $10::pg_catalog.int4)))))
order by "t1"."artist_id", "t1"."year" desc nulls last, "t1"."id"
limit 3) as "t2";
-- $1 = Some("1")
-- $2 = Some("1")
-- $3 = Some("1999")
-- $4 = Some("1999")
-- $5 = Some("10")
-- $6 = Some("1")
-- $7 = Some("1")
-- $8 = Some("1999")
-- $9 = Some("1999")
-- $10 = Some("10")
-- backward
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ',' order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)), '],"pageInfo":{"hasPreviousPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 2) then 'true' else 'false' end, ',"startCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."artist_id", (select "t3"."name"
from "public"."artist" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."artist_id")
limit 1), "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)))[1]), 'null'), '}}')
from (select "t1"."id", "t1"."artist_id", pg_catalog.row_number() over (order by "t1"."artist_id", (select "t4"."name"
from "public"."artist" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t1"."artist_id")
limit 1) desc, "t1"."id" desc) as "row_number"
from (select distinct on ("t5"."artist_id") "t5"."id", "t5"."artist_id"
from "public"."album" as "t5"
order by "t5"."artist_id" desc, (select "t6"."name"
from "public"."artist" as "t6"
where ("t6"."id" operator(pg_catalog.=) "t5"."artist_id")
limit 1), "t5"."id") as "t1"
order by "t1"."artist_id", (select "t4"."name"
from "public"."artist" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t1"."artist_id")
limit 1) desc, "t1"."id" desc
limit 3) as "t2";
-- figures
select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from (select distinct on ("t4"."year", "t4"."artist_id") "t4"."id", "t4"."artist_id", "t4"."year", "t4"."price"
from "public"."album" as "t4"
where ("t4"."id" operator(pg_catalog.>) $1::pg_catalog.int4)
order by "t4"."year", "t4"."artist_id", "t4"."id") as "t3"), ',"aggregate":', (select pg_catalog.concat('{"count":', pg_catalog.count(*)::pg_catalog.int4, ',"sum":{"price":', coalesce(pg_catalog.to_json(pg_catalog.sum("t5"."price"::pg_catalog.numeric)), 'null'), '}}')
from (select distinct on ("t6"."year", "t6"."artist_id") "t6"."id", "t6"."artist_id", "t6"."year", "t6"."price"
from "public"."album" as "t6"
where ("t6"."id" operator(pg_catalog.>) $2::pg_catalog.int4)
order by "t6"."year", "t6"."artist_id", "t6"."id") as "t5"), '}')
having true;
-- $1 = Some("10")
-- $2 = Some("10")
-- nested
select pg_catalog.concat('{"albumCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t3"."artist_id", "t3"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"id":', coalesce("t3"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t2"."id", "t2"."artist_id"
from (select distinct on ("t4"."artist_id") "t4"."id", "t4"."artist_id"
from "public"."album" as "t4"
where ("t4"."artist_id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by "t4"."artist_id", "t4"."id") as "t2"
order by "t2"."artist_id", "t2"."id"
limit 30) as "t3"), '}')
from "public"."artist" as "t1"
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4)
limit 1;
-- $1 = Some("1")
-- $2 = Some("1")
-- all
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."album" as "t1"
order by "t1"."id"
limit 30) as "t2";
