-- albums
select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from (select "t4"."album_id" as "key1", pg_catalog.count(*) as "figure1", pg_catalog.max("t4"."seconds"::pg_catalog.int4) as "figure5", pg_catalog.avg("t4"."price"::pg_catalog.numeric) as "figure6"
from "public"."track" as "t4"
where ("t4"."id" operator(pg_catalog.<=) $1::pg_catalog.int4)
group by 1) as "t3"
where (("t3"."figure1" operator(pg_catalog.>=) $2::pg_catalog.int8) and ("t3"."figure5" is not null) and (not ("t3"."figure6" operator(pg_catalog.>) $3::pg_catalog.numeric)))), ',"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."figure1", "t2"."figure2", "t2"."key1")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"key":{"albumId":', coalesce("t2"."key1"::pg_catalog.int4::pg_catalog.text, 'null'), ',"title":null},"count":', "t2"."figure1"::pg_catalog.int4, ',"sum":{"seconds":', coalesce(pg_catalog.to_json("t2"."figure2"), 'null'), '},"boolAnd":{"isLive":', coalesce(pg_catalog.to_json("t2"."figure3"), 'null'), '},"min":{"title":', coalesce(pg_catalog.to_json("t2"."figure4"), 'null'), '}}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 2) then 'true' else 'false' end, ',"hasPreviousPage":false,"startCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."figure1", "t2"."figure2", "t2"."key1")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '')) filter (where ("t2"."row_number" operator(pg_catalog.=) 1)))[1]), 'null'), ',"endCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."figure1", "t2"."figure2", "t2"."key1")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)))[1]), 'null'), '}}')
from (select "t1"."key1", "t1"."figure1", "t1"."figure2", "t1"."figure3", "t1"."figure4", "t1"."figure5", "t1"."figure6", pg_catalog.row_number() over (order by "t1"."figure1" desc, "t1"."figure2" nulls first, "t1"."key1") as "row_number"
from (select "t5"."album_id" as "key1", pg_catalog.count(*) as "figure1", pg_catalog.sum("t5"."seconds"::pg_catalog.int4) as "figure2", pg_catalog.bool_and("t5"."is_live"::pg_catalog.bool) as "figure3", pg_catalog.min("t5"."title"::pg_catalog.text) as "figure4", pg_catalog.max("t5"."seconds"::pg_catalog.int4) as "figure5", pg_catalog.avg("t5"."price"::pg_catalog.numeric) as "figure6"
from "public"."track" as "t5"
where ("t5"."id" operator(pg_catalog.<=) $4::pg_catalog.int4)
group by 1) as "t1"
where (("t1"."figure1" operator(pg_catalog.>=) $5::pg_catalog.int8) and ("t1"."figure5" is not null) and (not ("t1"."figure6" operator(pg_catalog.>) $6::pg_catalog.numeric)))
order by "t1"."figure1" desc, "t1"."figure2" nulls first, "t1"."key1"
limit 3) as "t2";
-- $1 = Some("5")
-- $2 = Some("1")
-- $3 = Some("3")
-- $4 = Some("5")
-- $5 = Some("1")
-- $6 = Some("3")
-- months
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"key":{"releasedOn":', coalesce(pg_catalog.to_json("t2"."key1"::pg_catalog.date), 'null'), ',"mood":', coalesce(pg_catalog.jsonb_object_field('{"calm":"calm","loud":"loud"}'::pg_catalog.jsonb, "t2"."key2"::pg_catalog.text)::pg_catalog.text, case when ("t2"."key2" is null) then 'null' else E'"\\/label"' end), '},"count":', "t2"."figure1"::pg_catalog.int4, ',"countDistinct":{"albumId":', coalesce(pg_catalog.to_json("t2"."figure2"::pg_catalog.int4), 'null'), '}}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 30)), '],"pageInfo":{"hasPreviousPage":', case when ((pg_catalog.count(*) operator(pg_catalog.>) 0) and exists (select 1
from (select pg_catalog.date_trunc('month', "t4"."released_on"::pg_catalog.timestamp)::pg_catalog.date as "key1", "t4"."mood" as "key2"
from "public"."track" as "t4"
group by 1, 2) as "t3"
where (((("t3"."key1" operator(pg_catalog.>) $1::pg_catalog.date) or ("t3"."key1" is null)) or (("t3"."key1" operator(pg_catalog.=) $2::pg_catalog.date) and (("t3"."key2" operator(pg_catalog.>) $3::"public"."mood") or ("t3"."key2" is null)))) is not true))) then 'true' else 'false' end, '}}')
from (select "t1"."key1", "t1"."key2", "t1"."figure1", "t1"."figure2", pg_catalog.row_number() over (order by "t1"."key1", "t1"."key2") as "row_number"
from (select pg_catalog.date_trunc('month', "t5"."released_on"::pg_catalog.timestamp)::pg_catalog.date as "key1", "t5"."mood" as "key2", pg_catalog.count(*) as "figure1", pg_catalog.count(distinct "t5"."album_id") as "figure2"
from "public"."track" as "t5"
group by 1, 2) as "t1"
where ((("t1"."key1" operator(pg_catalog.>) $4::pg_catalog.date) or ("t1"."key1" is null)) or (("t1"."key1" operator(pg_catalog.=) $5::pg_catalog.date) and (("t1"."key2" operator(pg_catalog.>) $6::"public"."mood") or ("t1"."key2" is null))))
order by "t1"."key1", "t1"."key2"
limit 31) as "t2";
-- $1 = Some("2023-12-01")
-- $2 = Some("2023-12-01")
-- $3 = Some("calm")
-- $4 = Some("2023-12-01")
-- $5 = Some("2023-12-01")
-- $6 = Some("calm")
-- years
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"key":{"playedAt":', coalesce(pg_catalog.to_json("t2"."key1"::pg_catalog.timestamptz), 'null'), '},"count":', "t2"."figure1"::pg_catalog.int4, '}}'), ',' order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)), ']}')
from (select "t1"."key1", "t1"."figure1", pg_catalog.row_number() over (order by "t1"."key1") as "row_number"
from (select pg_catalog.date_trunc('year', "t3"."played_at"::pg_catalog.timestamptz, $1::pg_catalog.text) as "key1", pg_catalog.count(*) as "figure1"
from "public"."track" as "t3"
group by 1) as "t1"
order by "t1"."key1"
limit 3) as "t2";
-- $1 = Some("Europe/Paris")
-- only
select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from (select "t4"."mood" as "key1"
from "public"."track" as "t4"
group by 1) as "t3"), '}')
having true;
