-- taskCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":"', coalesce("t2"."id"::pg_catalog.int8::pg_catalog.text, E'\\/null'), '","title":', coalesce(pg_catalog.to_json("t2"."title"::pg_catalog.text), E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id", "t1"."title"
from "public"."task" as "t1"
where (((("t1"."title" operator(pg_catalog.~~*) $1::pg_catalog.text) and ("t1"."title" operator(pg_catalog.<>) $2::pg_catalog.text)) or (not ("t1"."due" is null)) or (("t1"."points" operator(pg_catalog.>=) $3::pg_catalog.numeric) and ("t1"."points" operator(pg_catalog.=) any ($4::pg_catalog.numeric[])))) and ("t1"."id" operator(pg_catalog.>) $5::pg_catalog.int8))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("%p%")
-- $2 = Some("O'Hara's \\ $1")
-- $3 = Some("1")
-- $4 = Some("{\"1\",\"8\"}")
-- $5 = Some("100")
