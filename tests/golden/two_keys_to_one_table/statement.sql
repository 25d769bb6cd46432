-- letterCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', "t2"."id", ',"personBySender":', coalesce((select pg_catalog.concat('{"name":', pg_catalog.to_json("t3"."name"), '}')
from "public"."person" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."sender")), 'null'), ',"personByReceiver":', coalesce((select pg_catalog.concat('{"name":', pg_catalog.to_json("t4"."name"), ',"letterCollectionBySender":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', "t6"."id", '}}'), ','), ']}')
from (select "t5"."id"
from "public"."letter" as "t5"
where ("t4"."id" operator(pg_catalog.=) "t5"."sender")
order by "t5"."id"
limit 30) as "t6"), '}')
from "public"."person" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t2"."receiver")), 'null'), '}}'), ','), ']}')
from (select "t1"."id", "t1"."sender", "t1"."receiver"
from "public"."letter" as "t1"
order by "t1"."id"
limit 30) as "t2";
