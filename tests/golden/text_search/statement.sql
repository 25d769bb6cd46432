-- title
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."article" as "t1"
where (pg_catalog.to_tsvector('"pg_catalog"."english"'::pg_catalog.regconfig, "t1"."title"::pg_catalog.text) operator(pg_catalog.@@) pg_catalog.websearch_to_tsquery('"pg_catalog"."english"'::pg_catalog.regconfig, $1::pg_catalog.text))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("run cat")
-- body
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."article" as "t1"
where (pg_catalog.to_tsvector('"pg_catalog"."german"'::pg_catalog.regconfig, "t1"."body"::pg_catalog.text) operator(pg_catalog.@@) pg_catalog.websearch_to_tsquery('"pg_catalog"."german"'::pg_catalog.regconfig, $1::pg_catalog.text))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("-\"sleeps as\" cats")
-- note
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."article" as "t1"
where (pg_catalog.to_tsvector('"pg_catalog"."simple"'::pg_catalog.regconfig, "t1"."note"::pg_catalog.text) operator(pg_catalog.@@) pg_catalog.websearch_to_tsquery('"pg_catalog"."simple"'::pg_catalog.regconfig, $1::pg_catalog.text))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("cat OR first")
-- words
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."article" as "t1"
where (not ("t1"."words" operator(pg_catalog.@@) pg_catalog.websearch_to_tsquery('"pg_catalog"."english"'::pg_catalog.regconfig, $1::pg_catalog.text)))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("-\"sleeps as\" cats")
-- own
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."article" as "t1"
where (pg_catalog.to_tsvector('"public"."my ""own"" one"'::pg_catalog.regconfig, "t1"."title"::pg_catalog.text) operator(pg_catalog.@@) pg_catalog.websearch_to_tsquery('"public"."my ""own"" one"'::pg_catalog.regconfig, $1::pg_catalog.text))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("late")
-- given
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."article" as "t1"
where (pg_catalog.to_tsvector('"pg_catalog"."simple"'::pg_catalog.regconfig, "t1"."title"::pg_catalog.text) operator(pg_catalog.@@) pg_catalog.websearch_to_tsquery('"pg_catalog"."simple"'::pg_catalog.regconfig, $1::pg_catalog.text))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("dog")
