-- letterCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', "t2"."id"::pg_catalog.int4, case when ("t2"."id" is null) then E'"\001null"' end, ',"personBySender":', coalesce((select pg_catalog.concat('{"name":', pg_catalog.to_json("t3"."name"::pg_catalog.text), case when ("t3"."name" is null) then E'"\001null"' end, '}')
from "public"."person" as "t3"
where ("t3"."id" operator(pg_catalog.=) "t2"."sender")), E'"\001row"'), ',"personByReceiver":', coalesce((select pg_catalog.concat('{"name":', pg_catalog.to_json("t4"."name"::pg_catalog.text), case when ("t4"."name" is null) then E'"\001null"' end, ',"letterCollectionBySender":', (select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', "t6"."id"::pg_catalog.int4, case when ("t6"."id" is null) then E'"\001null"' end, '}}'), ','), ']}')
from (select "t5"."id"
from "public"."letter" as "t5"
where ("t4"."id" operator(pg_catalog.=) "t5"."sender")
order by "t5"."id"
limit 30) as "t6"
having true), '}')
from "public"."person" as "t4"
where ("t4"."id" operator(pg_catalog.=) "t2"."receiver")), 'null'), '}}'), ','), ']}')
from (select "t1"."id", "t1"."sender", "t1"."receiver"
from "public"."letter" as "t1"
order by "t1"."id"
limit 30) as "t2"
having true;
