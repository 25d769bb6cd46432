-- all
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."tenant_id", "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), ',"taskCollection":', "t2"."related1", '}}'), ',') filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)), '],"pageInfo":{"hasNextPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 2) then 'true' else 'false' end, ',"endCursor":', coalesce(pg_catalog.to_json((pg_catalog.array_agg(pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."tenant_id", "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" operator(pg_catalog.<=) 2)))[1]), 'null'), '}}')
from (select "t1"."tenant_id", "t1"."id", "t1"."name", pg_catalog.row_number() over (order by "t1"."tenant_id", "t1"."id") as "row_number", pg_catalog.concat((select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "public"."task" as "t6"
where (("t1"."tenant_id" operator(pg_catalog.=) "t6"."tenant_id") and ("t1"."id" operator(pg_catalog.=) "t6"."project_id"))), ',"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t4"."title"::pg_catalog.text), E'"\\/null"'), ',"label":', "t4"."related1", ',"project":', "t4"."related2", '}}'), ',' order by "t4"."row_number" desc) filter (where ("t4"."row_number" operator(pg_catalog.<=) 2)), '],"pageInfo":{"hasPreviousPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 2) then 'true' else 'false' end, '}}')
from (select "t3"."tenant_id", "t3"."project_id", "t3"."title", row("t3"."tenant_id", "t3"."id", "t3"."project_id", "t3"."title")::"public"."task" as "row", pg_catalog.row_number() over (order by "t3"."tenant_id" desc, "t3"."id" desc) as "row_number", pg_catalog.concat(coalesce(pg_catalog.to_json("public"."_label"(row("t3"."tenant_id", "t3"."id", "t3"."project_id", "t3"."title")::"public"."task")::pg_catalog.text), 'null')) as "related1", pg_catalog.concat(coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t5"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t5"
where (("t5"."tenant_id" operator(pg_catalog.=) "t3"."tenant_id") and ("t5"."id" operator(pg_catalog.=) "t3"."project_id"))
limit 1), E'"\\/row"')) as "related2"
from "public"."task" as "t3"
where (("t1"."tenant_id" operator(pg_catalog.=) "t3"."tenant_id") and ("t1"."id" operator(pg_catalog.=) "t3"."project_id"))
order by "t3"."tenant_id" desc, "t3"."id" desc
limit 3) as "t4")) as "related1"
from "public"."project" as "t1"
order by "t1"."tenant_id", "t1"."id"
limit 3) as "t2";
-- ofTenant
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."related1", "t2"."tenant_id", "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"again":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', "t2"."related2", '}}'), ','), ']}')
from (select "t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title", (select "t3"."name"
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t1"."project_id"))
limit 1) as "related1", pg_catalog.concat(coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t4"."name"::pg_catalog.text), E'"\\/null"'), ',"taskCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t6"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t5"."id"
from "public"."task" as "t5"
where (("t5"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4) and ("t4"."id" operator(pg_catalog.=) "t5"."project_id"))
order by "t5"."tenant_id", "t5"."id"
limit 1) as "t6"), '}')
from "public"."project" as "t4"
where (("t4"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4) and ("t4"."id" operator(pg_catalog.=) "t1"."project_id"))
limit 1), E'"\\/row"')) as "related2"
from "public"."task" as "t1"
where ("t1"."tenant_id" operator(pg_catalog.=) $4::pg_catalog.int4)
order by (select "t8"."name"
from "public"."project" as "t8"
where (("t8"."tenant_id" operator(pg_catalog.=) $5::pg_catalog.int4) and ("t8"."id" operator(pg_catalog.=) "t1"."project_id"))
limit 1) desc nulls last, "t1"."tenant_id", "t1"."id"
limit 2) as "t2";
-- $1 = Some("2")
-- $2 = Some("2")
-- $3 = Some("2")
-- $4 = Some("2")
-- $5 = Some("2")
-- skipping
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', "t2"."related1", '}}'), ','), ']}')
from (select "t1"."tenant_id", "t1"."project_id", "t1"."title", pg_catalog.concat(coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) "t1"."tenant_id") and ("t3"."id" operator(pg_catalog.=) "t1"."project_id"))
limit 1), E'"\\/row"')) as "related1"
from "public"."task" as "t1"
order by "t1"."tenant_id", "t1"."id"
limit 1
offset $1::pg_catalog.int8) as "t2";
-- $1 = Some("3")
-- numbers
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"taskCollection":', "t2"."related1", '}}'), ','), ']}')
from (select "t1"."tenant_id", "t1"."id", pg_catalog.concat(pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "public"."task" as "t5"
where (("t1"."tenant_id" operator(pg_catalog.=) "t5"."tenant_id") and ("t1"."id" operator(pg_catalog.=) "t5"."project_id"))), '}')) as "related1"
from "public"."project" as "t1"
order by "t1"."tenant_id", "t1"."id"
limit 1) as "t2";
-- byKey
select pg_catalog.concat('{"taskCollection":', pg_catalog.concat('{"__typename":"TaskConnection","totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "public"."task" as "t4"
where (("t4"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t4"."project_id" operator(pg_catalog.=) $2::pg_catalog.int4))), '}'), '}')
from "public"."project" as "t1"
where (("t1"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.=) $4::pg_catalog.int4))
limit 1;
-- $1 = Some("2")
-- $2 = Some("1")
-- $3 = Some("2")
-- $4 = Some("1")
-- called
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"label":', "t2"."related1", '}}'), ','), ']}')
from (select "t1"."title", row("t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title")::"public"."task" as "row", pg_catalog.concat(coalesce(pg_catalog.to_json("public"."_label"(row("t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title")::"public"."task")::pg_catalog.text), 'null')) as "related1"
from "public"."tasks_like"("pattern" => $1::pg_catalog.text) with ordinality as "t1"
order by "t1"."tenant_id", "t1"."id"
limit 30) as "t2";
-- $1 = Some("%2")
