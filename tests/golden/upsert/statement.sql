-- updated
with "written1" as (insert into "public"."account" as "t1" ("id", "email", "name", "visits")
select "t3"."id", "t3"."email", "t3"."name", "t3"."visits"
from rows from (pg_catalog.unnest($1::pg_catalog.int4[]), pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.text[]), pg_catalog.unnest($4::pg_catalog.int4[])) as "t3"("id", "email", "name", "visits")
on conflict on constraint "account_email_key" do update set "name" = "excluded"."name", "visits" = "excluded"."visits"
where ("t1"."email" operator(pg_catalog.<>) $5::pg_catalog.text)
returning "t1"."id", "t1"."name", "t1"."visits")
select pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"visits":', coalesce("t2"."visits"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}'), ','), ']}')
from "written1" as "t2";
-- $1 = Some("{\"7\",\"8\"}")
-- $2 = Some("{\"ada@example.com\",\"bo@example.com\"}")
-- $3 = Some("{\"Ada L.\",\"Bob\"}")
-- $4 = Some("{\"2\",\"3\"}")
-- $5 = Some("bo@example.com")
-- kept
with "written1" as (insert into "public"."account" as "t1" ("id", "email", "name", "visits")
values ($1::pg_catalog.int4, $2::pg_catalog.text, $3::pg_catalog.text, default), ($4::pg_catalog.int4, $5::pg_catalog.text, $6::pg_catalog.text, $7::pg_catalog.int4)
on conflict on constraint "account_pkey" do nothing
returning "t1"."id", "t1"."email")
select pg_catalog.concat('{"affectedCount":', pg_catalog.count(*)::pg_catalog.int4, ',"records":[', pg_catalog.string_agg(pg_catalog.concat('{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"email":', coalesce(pg_catalog.to_json("t2"."email"::pg_catalog.text), E'"\\/null"'), '}'), ','), ']}')
from "written1" as "t2";
-- $1 = Some("1")
-- $2 = Some("c@example.com")
-- $3 = Some("Cy")
-- $4 = Some("3")
-- $5 = Some("d@example.com")
-- $6 = Some("Di")
-- $7 = Some("0")
-- one
insert into "public"."account" as "t1" ("id", "email", "name")
values ($1::pg_catalog.int4, $2::pg_catalog.text, $3::pg_catalog.text)
on conflict (lower(name)) where (NOT is_closed) do update set "email" = "excluded"."email"
returning pg_catalog.concat('{"affectedCount":1,"records":[{"id":', coalesce("t1"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"email":', coalesce(pg_catalog.to_json("t1"."email"::pg_catalog.text), E'"\\/null"'), ',"name":', coalesce(pg_catalog.to_json("t1"."name"::pg_catalog.text), E'"\\/null"'), '}]}');
-- without a row: {"affectedCount":0,"records":[]}
-- $1 = Some("9")
-- $2 = Some("e@example.com")
-- $3 = Some("DI")
