-- albums
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"key":{"albumId":', coalesce("t2"."key1"::pg_catalog.int4::pg_catalog.text, 'null'), '},"longest":', (select pg_catalog.concat('[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t4"."title"::pg_catalog.text), E'"\\/null"'), ',"album":', coalesce((select pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t5"."title"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."album" as "t5"
where ("t5"."id" operator(pg_catalog.=) "t4"."album_id")
limit 1), 'null'), '}'), ','), ']')
from (select "t3"."title", "t3"."album_id"
from "public"."track" as "t3"
where ((("t3"."album_id" operator(pg_catalog.=) "t2"."key1") or (("t3"."album_id" is null) and ("t2"."key1" is null))) and ("t3"."seconds" operator(pg_catalog.>=) $1::pg_catalog.int4))
order by "t3"."seconds" desc, "t3"."id"
limit 1) as "t4"), ',"others":', (select pg_catalog.concat('[', pg_catalog.string_agg(pg_catalog.concat('{"nodeId":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('public'::pg_catalog.text, 'track'::pg_catalog.text, "t7"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '"}'), ','), ']')
from (select "t6"."id"
from "public"."track" as "t6"
where ((("t6"."album_id" operator(pg_catalog.=) "t2"."key1") or (("t6"."album_id" is null) and ("t2"."key1" is null))) and (("t6"."seconds" operator(pg_catalog.>=) $2::pg_catalog.int4) and ("t6"."title" operator(pg_catalog.^@) $3::pg_catalog.text)))
order by "t6"."id"
limit 30
offset $4::pg_catalog.int8) as "t7"), ',"arrayAgg":{"title":', case when (pg_catalog.array_ndims("t2"."figure1") operator(pg_catalog.>) 1) then E'"\\/dimensions"' else coalesce(pg_catalog.to_json("t2"."figure1"::pg_catalog.text[])::pg_catalog.text, 'null') end, ',"seconds":', case when (pg_catalog.array_ndims("t2"."figure2") operator(pg_catalog.>) 1) then E'"\\/dimensions"' else coalesce(pg_catalog.to_json("t2"."figure2"::pg_catalog.int4[])::pg_catalog.text, 'null') end, '},"countNonNull":{"releasedOn":', coalesce(pg_catalog.to_json("t2"."figure3"::pg_catalog.int4), 'null'), '}}}'), ','), ']}')
from (select "t1"."key1", "t1"."figure1", "t1"."figure2", "t1"."figure3"
from (select "t8"."album_id" as "key1", coalesce((pg_catalog.array_agg("t8"."title" order by "t8"."title" desc) filter (where ("t8"."title" is not null)))[1:2], '{}') as "figure1", coalesce((pg_catalog.array_agg("t8"."seconds" order by "t8"."seconds" desc) filter (where ("t8"."seconds" is not null)))[1:2], '{}') as "figure2", pg_catalog.count("t8"."released_on") as "figure3"
from "public"."track" as "t8"
where ("t8"."seconds" operator(pg_catalog.>=) $5::pg_catalog.int4)
group by 1) as "t1"
order by "t1"."key1"
limit 30) as "t2";
-- $1 = Some("61")
-- $2 = Some("61")
-- $3 = Some("T")
-- $4 = Some("1")
-- $5 = Some("61")
-- years
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"nodes":', (select pg_catalog.concat('[', pg_catalog.string_agg(pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t4"."title"::pg_catalog.text), E'"\\/null"'), '}'), ',' order by "t4"."row_number" desc) filter (where ("t4"."row_number" operator(pg_catalog.<=) 1)), ']')
from (select "t3"."title", pg_catalog.row_number() over (order by "t3"."id" desc) as "row_number"
from "public"."track" as "t3"
where (((pg_catalog.date_trunc('year', "t3"."released_on"::pg_catalog.timestamp)::pg_catalog.date operator(pg_catalog.=) "t2"."key1") or ((pg_catalog.date_trunc('year', "t3"."released_on"::pg_catalog.timestamp)::pg_catalog.date is null) and ("t2"."key1" is null))) and ("t3"."seconds" operator(pg_catalog.=) "t2"."key2"))
order by "t3"."id" desc
limit 2) as "t4"), ',"arrayAgg":{"releasedOn":', case when (pg_catalog.array_ndims("t2"."figure1") operator(pg_catalog.>) 1) then E'"\\/dimensions"' else coalesce(pg_catalog.to_json("t2"."figure1"::pg_catalog.date[])::pg_catalog.text, 'null') end, '}}}'), ','), ']}')
from (select "t1"."key1", "t1"."key2", "t1"."figure1"
from (select pg_catalog.date_trunc('year', "t5"."released_on"::pg_catalog.timestamp)::pg_catalog.date as "key1", "t5"."seconds" as "key2", coalesce((pg_catalog.array_agg(distinct "t5"."released_on" order by "t5"."released_on") filter (where ("t5"."released_on" is not null)))[1:30], '{}') as "figure1"
from "public"."track" as "t5"
group by 1, 2) as "t1"
order by "t1"."key1", "t1"."key2"
limit 2) as "t2";
