-- found
select pg_catalog.concat('{"edges":[{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t1"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"nodeId":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('public'::pg_catalog.text, 'task'::pg_catalog.text, "t1"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","title":', coalesce(pg_catalog.to_json("t1"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."project_id")
limit 1), E'"\\/row"'), ',"assignee":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), ',"email":', coalesce(pg_catalog.to_json("t3"."email"::pg_catalog.text), 'null'), '}')
from "public"."account" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t1"."assignee_id")
limit 1), 'null'), '}}],"__typename":"TaskConnection","again":[{"node":{"id":"', coalesce("t1"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}]}')
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8)
limit 1;
-- without a row: {"edges":[],"__typename":"TaskConnection","again":[]}
-- $1 = Some("102")
-- missing
select pg_catalog.concat('{"kind":"TaskConnection","edges":[{"node":{"id":"', coalesce("t1"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}]}')
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8)
limit 1;
-- without a row: {"kind":"TaskConnection","edges":[]}
-- $1 = Some("7")
-- null
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}'), ','), ']}')
from (select "t1"."id"
from "public"."task" as "t1"
order by "t1"."id"
limit 30) as "t2";
-- narrowed
select pg_catalog.concat('{"edges":[{"node":{"id":"', coalesce("t1"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}]}')
from "public"."task" as "t1"
where (("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8) and ("t1"."title" operator(pg_catalog.=) $2::pg_catalog.text))
limit 1;
-- without a row: {"edges":[]}
-- $1 = Some("102")
-- $2 = Some("Paint")
-- wholeKey
select pg_catalog.concat('{"edges":[{"node":{"hall":', coalesce("t1"."hall"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"number":', coalesce("t1"."number"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"account":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."account" as "t2"
where ("t2"."id" operator(pg_catalog.=) "t1"."taken_by")
limit 1), 'null'), '}}]}')
from "public"."seat" as "t1"
where (("t1"."number" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t1"."hall" operator(pg_catalog.=) $2::pg_catalog.int4))
limit 1;
-- without a row: {"edges":[]}
-- $1 = Some("2")
-- $2 = Some("1")
-- unique
select pg_catalog.concat('{"edges":[{"node":{"hall":', coalesce("t1"."hall"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"number":', coalesce("t1"."number"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"account":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."account" as "t2"
where ("t2"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
limit 1), 'null'), '}}]}')
from "public"."seat" as "t1"
where ("t1"."taken_by" operator(pg_catalog.=) $2::pg_catalog.int4)
limit 1;
-- without a row: {"edges":[]}
-- $1 = Some("2")
-- $2 = Some("2")
-- partOfKey
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"number":', coalesce("t2"."number"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."number"
from "public"."seat" as "t1"
where ("t1"."hall" operator(pg_catalog.=) $1::pg_catalog.int4)
order by "t1"."hall", "t1"."number"
limit 30) as "t2";
-- $1 = Some("1")
-- either
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}'), ','), ']}')
from (select "t1"."id"
from "public"."task" as "t1"
where (("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8) or ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int8))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("101")
-- $2 = Some("102")
-- counted
select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "public"."task" as "t3"
where ("t3"."id" operator(pg_catalog.=) $1::pg_catalog.int8)), ',"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}'), ','), ']}')
from (select "t1"."id"
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int8)
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("102")
-- $2 = Some("102")
-- paged
select pg_catalog.concat('{"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 30) then 'true' else 'false' end, '},"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 30)), ']}')
from (select "t1"."id", pg_catalog.row_number() over (order by "t1"."id") as "row_number"
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8)
order by "t1"."id"
limit 31) as "t2";
-- $1 = Some("102")
-- none
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}'), ','), ']}')
from (select "t1"."id"
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8)
order by "t1"."id"
limit 0) as "t2";
-- $1 = Some("102")
-- skipped
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '"}}'), ','), ']}')
from (select "t1"."id"
from "public"."task" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int8)
order by "t1"."id"
limit 30
offset $2::pg_catalog.int8) as "t2";
-- $1 = Some("102")
-- $2 = Some("1")
-- name
select pg_catalog.concat('{"__typename":"TaskConnection"}')
having true;
-- inherited
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id", "t1"."tableoid"
from "public"."parent" as "t1"
where ("t1"."id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by "t1"."id", "t1"."tableoid"
limit 30) as "t2";
-- $1 = Some("1")
