-- taskCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}'), ',' order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)), '],"pageInfo":{"hasNextPage":', case when ((pg_catalog.count(*) operator(pg_catalog.>) 0) and exists (select 1
from "public"."task" as "t3"
where (("t3"."id" operator(pg_catalog.<) $1::pg_catalog.int8) is not true))) then 'true' else 'false' end, ',"hasPreviousPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 2) then 'true' else 'false' end, ',"startCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)))[1]), 'null'), ',"endCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '')) filter (where ("t2"."row_number" operator(pg_catalog.=) 1)))[1]), 'null'), '}}')
from (select "t1"."id", pg_catalog.row_number() over (order by "t1"."id" desc) as "row_number"
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.<) $2::pg_catalog.int8)
order by "t1"."id" desc
limit 3) as "t2";
-- $1 = Some("103")
-- $2 = Some("103")
