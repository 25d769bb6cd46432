-- similar
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."person" as "t1"
where (("t1"."name"::pg_catalog.text operator("extensions".%) $1::pg_catalog.text) and ("extensions"."similarity"("t1"."name"::pg_catalog.text, $2::pg_catalog.text) operator(pg_catalog.>=) $3::pg_catalog.float4))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("Margret Hamilton")
-- $2 = Some("Margret Hamilton")
-- $3 = Some("0.3")
-- more
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."person" as "t1"
where (("t1"."name"::pg_catalog.text operator("extensions".%) $1::pg_catalog.text) and ("extensions"."similarity"("t1"."name"::pg_catalog.text, $2::pg_catalog.text) operator(pg_catalog.>=) $3::pg_catalog.float4))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("Margarete Hamilton")
-- $2 = Some("Margarete Hamilton")
-- $3 = Some("0.9")
-- less
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."person" as "t1"
where (("t1"."city"::pg_catalog.text operator("extensions".%>) $1::pg_catalog.text) and ("extensions"."word_similarity"($2::pg_catalog.text, "t1"."city"::pg_catalog.text) operator(pg_catalog.>=) $3::pg_catalog.float4))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("york")
-- $2 = Some("york")
-- $3 = Some("0.25")
-- given
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."person" as "t1"
where (not (("t1"."name"::pg_catalog.text operator("extensions".%>) $1::pg_catalog.text) and ("extensions"."word_similarity"($2::pg_catalog.text, "t1"."name"::pg_catalog.text) operator(pg_catalog.>=) $3::pg_catalog.float4)))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("Hoper")
-- $2 = Some("Hoper")
-- $3 = Some("0.6")
