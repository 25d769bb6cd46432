-- oddCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"nodeId":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('odd "schema"'::pg_catalog.text, 'a"; drop table x; --'::pg_catalog.text, "t2"."it's")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","id":', coalesce("t2"."it's"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"text":', coalesce(pg_catalog.to_json("t2"."$1"::pg_catalog.text), 'null'), ',"odd":', coalesce((select pg_catalog.concat('{"text":', coalesce(pg_catalog.to_json("t3"."$1"::pg_catalog.text), 'null'), '}')
from "odd ""schema"""."a""; drop table x; --" as "t3"
where ("t3"."it's" operator(pg_catalog.=) $1::pg_catalog.int4)
limit 1), 'null'), '}}'), ','), ']}')
from (select "t1"."it's", "t1"."$1", "t1"."or"
from "odd ""schema"""."a""; drop table x; --" as "t1"
where (("t1"."$1" operator(pg_catalog.=) any ($2::pg_catalog.text[])) and ("t1"."or" operator(pg_catalog.=) $3::pg_catalog.int4))
order by "t1"."it's"
limit 30) as "t2";
-- $1 = Some("1")
-- $2 = Some("{\"'; drop table x; --\",\"$1\",\"\\\\\"}")
-- $3 = Some("1")
