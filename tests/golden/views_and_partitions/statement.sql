-- meter_totalCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"meter":', coalesce(pg_catalog.to_json("t2"."meter"::pg_catalog.text), 'null'), ',"litres":', coalesce(pg_catalog.to_json("t2"."litres"::pg_catalog.int8::pg_catalog.text), 'null'), ',"readings":', coalesce((select pg_catalog.concat('{"day":', coalesce(pg_catalog.to_json("t3"."day"::pg_catalog.date), E'"\\/null"'), '}')
from "public"."reading" as "t3"
where ("t3"."meter" operator(pg_catalog.=) "t2"."meter")
limit 1), 'null'), '}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 1)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 1) then 'true' else 'false' end, '}}')
from (select "t1"."meter", "t1"."litres", pg_catalog.row_number() over (order by "t1"."meter") as "row_number"
from "public"."meter_total" as "t1"
order by "t1"."meter"
limit 2) as "t2";
-- readingCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"meter":', coalesce(pg_catalog.to_json("t2"."meter"::pg_catalog.text), E'"\\/null"'), ',"day":', coalesce(pg_catalog.to_json("t2"."day"::pg_catalog.date), E'"\\/null"'), ',"total":', (select pg_catalog.concat('{"totals":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"litres":', coalesce(pg_catalog.to_json("t4"."litres"::pg_catalog.int8::pg_catalog.text), 'null'), '}}'), ','), ']}')
from (select "t3"."litres"
from "public"."meter_total" as "t3"
where ("t2"."meter" operator(pg_catalog.=) "t3"."meter")
order by "t3"."meter"
limit 1) as "t4"), '}}'), ','), ']}')
from (select "t1"."meter", "t1"."day"
from "public"."reading" as "t1"
order by "t1"."day", "t1"."meter", "t1"."day"
limit 30) as "t2";
