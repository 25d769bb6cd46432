-- collection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), ',"taskCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t5"."title"::pg_catalog.text), E'"\\/null"'), '}}'), ',' order by "t5"."row_number" desc) filter (where ("t5"."row_number" operator(pg_catalog.<=) 1)), '],"pageInfo":{"hasPreviousPage":', case when (pg_catalog.count(*) operator(pg_catalog.>) 1) then 'true' else 'false' end, '}}')
from (select "t4"."title", pg_catalog.row_number() over (order by "t4"."tenant_id" desc, "t4"."id" desc) as "row_number"
from "public"."task" as "t4"
where (("t4"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t4"."project_id"))
order by "t4"."tenant_id" desc, "t4"."id" desc
limit 2) as "t5"), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), E'"\\/row"'), '}}'), ','), ']}')
from (select "t1"."tenant_id", "t1"."project_id", "t1"."title"
from "public"."task" as "t1"
where (("t1"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.<) $4::pg_catalog.int4))
order by "t1"."tenant_id", "t1"."id"
limit 30) as "t2";
-- $1 = Some("2")
-- $2 = Some("2")
-- $3 = Some("2")
-- $4 = Some("3")
-- byKey
select pg_catalog.concat('{"taskCollection":', (select pg_catalog.concat('{"totalCount":', (select pg_catalog.concat(pg_catalog.count(*)::pg_catalog.int4)
from "public"."task" as "t4"
where (("t4"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t4"."project_id" operator(pg_catalog.=) $2::pg_catalog.int4))), ',"aggregate":', (select pg_catalog.concat('{"count":', pg_catalog.count(*)::pg_catalog.int4, '}')
from "public"."task" as "t5"
where (("t5"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4) and ("t5"."project_id" operator(pg_catalog.=) $4::pg_catalog.int4))), ',"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t3"."title"::pg_catalog.text), E'"\\/null"'), ',"noteCollection":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"body":', coalesce(pg_catalog.to_json("t7"."body"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t6"."body"
from "public"."note" as "t6"
where (("t3"."tenant_id" operator(pg_catalog.=) "t6"."tenant_id") and ("t3"."id" operator(pg_catalog.=) "t6"."task_id"))
order by "t6"."tenant_id", "t6"."id"
limit 30) as "t7"), '}}'), ','), ']}')
from (select "t2"."tenant_id", "t2"."id", "t2"."title"
from "public"."task" as "t2"
where (("t2"."tenant_id" operator(pg_catalog.=) $5::pg_catalog.int4) and ("t2"."project_id" operator(pg_catalog.=) $6::pg_catalog.int4))
order by "t2"."tenant_id", "t2"."id"
limit 1) as "t3"), '}')
from "public"."project" as "t1"
where (("t1"."tenant_id" operator(pg_catalog.=) $7::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.=) $8::pg_catalog.int4))
limit 1;
-- $1 = Some("2")
-- $2 = Some("1")
-- $3 = Some("2")
-- $4 = Some("1")
-- $5 = Some("2")
-- $6 = Some("1")
-- $7 = Some("2")
-- $8 = Some("1")
-- node
select pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t1"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t2"
where (("t2"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t2"."id" operator(pg_catalog.=) "t1"."project_id"))
limit 1), E'"\\/row"'), '}')
from "public"."task" as "t1"
where (("t1"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.=) $3::pg_catalog.int4))
limit 1;
-- $1 = Some("2")
-- $2 = Some("2")
-- $3 = Some("3")
-- filtered
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."title"
from "public"."task" as "t1"
where (("t1"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and (exists (select 1
from "public"."project" as "t3"
where ((("t3"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t1"."project_id")) and ("t3"."name" operator(pg_catalog.~~) $3::pg_catalog.text))) or (not exists (select 1
from "public"."project" as "t4"
where ((("t4"."tenant_id" operator(pg_catalog.=) $4::pg_catalog.int4) and ("t4"."id" operator(pg_catalog.=) "t1"."project_id")) and exists (select 1
from "public"."task" as "t5"
where ((("t5"."tenant_id" operator(pg_catalog.=) $5::pg_catalog.int4) and ("t4"."id" operator(pg_catalog.=) "t5"."project_id")) and ("t5"."id" operator(pg_catalog.=) $6::pg_catalog.int4))))))))
order by "t1"."tenant_id", "t1"."id"
limit 30) as "t2";
-- $1 = Some("2")
-- $2 = Some("2")
-- $3 = Some("%1")
-- $4 = Some("2")
-- $5 = Some("2")
-- $6 = Some("1")
-- ordered
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array((select "t3"."name"
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), "t2"."tenant_id", "t2"."id")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."tenant_id", "t1"."id", "t1"."project_id", "t1"."title"
from "public"."task" as "t1"
where ("t1"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4)
order by (select "t4"."name"
from "public"."project" as "t4"
where (("t4"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4) and ("t4"."id" operator(pg_catalog.=) "t1"."project_id"))
limit 1) desc nulls last, "t1"."tenant_id", "t1"."id"
limit 1) as "t2";
-- $1 = Some("3")
-- $2 = Some("3")
-- $3 = Some("3")
-- figures
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"name":', coalesce(pg_catalog.to_json("t2"."name"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."name"
from "public"."project" as "t1"
where ("t1"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4)
order by (select pg_catalog.count(*)
from "public"."task" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.=) "t3"."project_id"))), (select "t4"."title"
from "public"."task" as "t4"
where ((("t4"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4) and ("t1"."id" operator(pg_catalog.=) "t4"."project_id")) and ("t4"."title" is not null))
order by "t4"."title" desc
limit 1) desc nulls last, "t1"."tenant_id", "t1"."id"
limit 30) as "t2";
-- $1 = Some("3")
-- $2 = Some("3")
-- $3 = Some("3")
-- unknown
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) "t2"."tenant_id") and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), E'"\\/row"'), '}}'), ','), ']}')
from (select "t1"."tenant_id", "t1"."project_id", "t1"."title"
from "public"."task" as "t1"
where ((("t1"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) or exists (select 1
from "public"."project" as "t4"
where ((("t4"."tenant_id" operator(pg_catalog.=) "t1"."tenant_id") and ("t4"."id" operator(pg_catalog.=) "t1"."project_id")) and ("t4"."name" operator(pg_catalog.=) $2::pg_catalog.text)))) and (not ("t1"."tenant_id" operator(pg_catalog.=) $3::pg_catalog.int4)))
order by "t1"."tenant_id", "t1"."id"
limit 1) as "t2";
-- $1 = Some("1")
-- $2 = Some("project 2.1")
-- $3 = Some("3")
-- none
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), ',"project":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."project" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int4) and ("t3"."id" operator(pg_catalog.=) "t2"."project_id"))
limit 1), E'"\\/row"'), '}}'), ','), ']}')
from (select "t1"."tenant_id", "t1"."project_id", "t1"."title"
from "public"."task" as "t1"
where ("t1"."tenant_id" operator(pg_catalog.=) $2::pg_catalog.int4)
order by "t1"."tenant_id", "t1"."id"
limit 30) as "t2";
-- $1 = None
-- $2 = None
-- below
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"body":', coalesce(pg_catalog.to_json("t2"."body"::pg_catalog.text), E'"\\/null"'), ',"task":', coalesce((select pg_catalog.concat('{"title":', coalesce(pg_catalog.to_json("t3"."title"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."task" as "t3"
where (("t3"."tenant_id" operator(pg_catalog.=) "t2"."tenant_id") and ("t3"."id" operator(pg_catalog.=) "t2"."task_id"))
limit 1), 'null'), '}}'), ','), ']}')
from (select "t1"."tenant_id", "t1"."task_id", "t1"."body"
from "public"."note" as "t1"
where ("t1"."tenant_id" operator(pg_catalog.=) $1::pg_catalog.int8)
order by "t1"."tenant_id", "t1"."id"
limit 30) as "t2";
-- $1 = Some("2")
