-- at
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."booking" as "t1"
where ("t1"."during" operator(pg_catalog.@>) $1::pg_catalog.timestamptz)
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("2024-01-01 09:30+00")
-- free
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."booking" as "t1"
where (not ("t1"."during" operator(pg_catalog.&&) $1::pg_catalog.tstzrange))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("[2024-01-01 10:00+00,2024-01-01 11:00+00)")
-- adjacent
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."booking" as "t1"
where ("t1"."during" operator(pg_catalog.-|-) $1::pg_catalog.tstzrange)
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("[2024-01-01 10:00+00,2024-01-01 11:00+00)")
-- before
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."booking" as "t1"
where ("t1"."during" operator(pg_catalog.<<) $1::pg_catalog.tstzrange)
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("[2024-01-01 10:00+00,2024-01-01 11:00+00)")
-- after
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."booking" as "t1"
where ("t1"."during" operator(pg_catalog.>>) $1::pg_catalog.tstzrange)
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("[2023-01-01 00:00+00,2024-01-01 09:30+00)")
-- seats
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."booking" as "t1"
where (("t1"."seats" operator(pg_catalog.@>) $1::pg_catalog.int4multirange) and ("t1"."seats" operator(pg_catalog.@>) $2::pg_catalog.int4))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("{[1,2)}")
-- $2 = Some("7")
-- given
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."booking" as "t1"
where (("t1"."road" operator(pg_catalog.<@) $1::"public"."stretch") and ("t1"."term" operator(pg_catalog.@>) $2::pg_catalog.daterange))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("[0,2]")
-- $2 = Some("[2024-01-05,2024-01-06)")
