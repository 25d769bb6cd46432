-- letterCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"personBySender":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t3"."name"::pg_catalog.text), E'"\\/null"'), '}')
from "public"."person" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."sender")
limit 1), E'"\\/row"'), ',"personByReceiver":', coalesce((select pg_catalog.concat('{"name":', coalesce(pg_catalog.to_json("t4"."name"::pg_catalog.text), E'"\\/null"'), ',"letterCollectionBySender":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t6"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t5"."id"
from "public"."letter" as "t5"
where ("t4"."id" operator(pg_catalog.=) "t5"."sender")
order by "t5"."id"
limit 30) as "t6"), '}')
from "public"."person" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t2"."receiver")
limit 1), 'null'), '}}'), ','), ']}')
from (select "t1"."id", "t1"."sender", "t1"."receiver"
from "public"."letter" as "t1"
order by "t1"."id"
limit 30) as "t2";
