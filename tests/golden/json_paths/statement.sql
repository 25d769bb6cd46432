-- itemCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), ',"details":', coalesce(pg_catalog.to_json("t2"."details"::pg_catalog.text), 'null'), ',"kind":', coalesce(pg_catalog.to_json(("t2"."details" operator(pg_catalog.#>) $1::pg_catalog.text[])::pg_catalog.text), 'null'), ',"second":', coalesce(pg_catalog.to_json(("t2"."details" operator(pg_catalog.#>) $2::pg_catalog.text[])::pg_catalog.text), 'null'), ',"name":', coalesce(pg_catalog.to_json(("t2"."source" operator(pg_catalog.#>) $3::pg_catalog.text[])::pg_catalog.text), 'null'), '}}'), ','), ']}')
from (select "t1"."id", "t1"."details", "t1"."source"
from "public"."item" as "t1"
where ("t1"."id" operator(pg_catalog.<) $4::pg_catalog.int4)
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("{\"kind\"}")
-- $2 = Some("{\"tags\",\"1\"}")
-- $3 = Some("{\"by\",\"name\"}")
-- $4 = Some("3")
-- itemByPk
select pg_catalog.concat('{"all":', coalesce(pg_catalog.to_json(("t1"."details" operator(pg_catalog.#>) $1::pg_catalog.text[])::pg_catalog.text), 'null'), '}')
from "public"."item" as "t1"
where ("t1"."id" operator(pg_catalog.=) $2::pg_catalog.int4)
limit 1;
-- $1 = Some("{}")
-- $2 = Some("1")
