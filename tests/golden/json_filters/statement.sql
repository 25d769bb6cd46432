-- contains
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."item" as "t1"
where (("t1"."details" operator(pg_catalog.@>) $1::pg_catalog.jsonb) and ("t1"."details" operator(pg_catalog.?&) $2::pg_catalog.text[]) and ("t1"."details" operator(pg_catalog.?|) $3::pg_catalog.text[]))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("{\"tags\": [\"new\"]}")
-- $2 = Some("{\"kind\",\"tags\"}")
-- $3 = Some("{\"price\"}")
-- contained
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."item" as "t1"
where (("t1"."details" operator(pg_catalog.<@) $1::pg_catalog.jsonb) and ("t1"."details" operator(pg_catalog.?) $2::pg_catalog.text))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("{\"kind\": \"pen\", \"price\": \"3\", \"x\": 1}")
-- $2 = Some("kind")
-- matches
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."item" as "t1"
where (pg_catalog.jsonb_path_match("t1"."details", $1::pg_catalog.jsonpath, $2::pg_catalog.jsonb, true) or ("t1"."details" operator(pg_catalog.@@) $3::pg_catalog.jsonpath))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("$.price > $low")
-- $2 = Some("{\"low\": 3}")
-- $3 = Some("exists($.tags)")
-- path
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."item" as "t1"
where (((("t1"."source" operator(pg_catalog.#>>) $1::pg_catalog.text[]) operator(pg_catalog.=) $2::pg_catalog.text) and (("t1"."source" operator(pg_catalog.#>>) $3::pg_catalog.text[]) operator(pg_catalog.^@) $4::pg_catalog.text)) and ((case when (pg_catalog.jsonb_typeof(("t1"."details" operator(pg_catalog.#>) $5::pg_catalog.text[])) operator(pg_catalog.=) 'number') then ("t1"."details" operator(pg_catalog.#>) $6::pg_catalog.text[])::pg_catalog.numeric end operator(pg_catalog.>=) $7::pg_catalog.numeric) and (case when (pg_catalog.jsonb_typeof(("t1"."details" operator(pg_catalog.#>) $8::pg_catalog.text[])) operator(pg_catalog.=) 'number') then ("t1"."details" operator(pg_catalog.#>) $9::pg_catalog.text[])::pg_catalog.numeric end operator(pg_catalog.=) any ($10::pg_catalog.numeric[])) and (("t1"."details" operator(pg_catalog.#>>) $11::pg_catalog.text[]) operator(pg_catalog.=) any ($12::pg_catalog.text[]))))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("{\"by\",\"name\"}")
-- $2 = Some("Ada")
-- $3 = Some("{\"by\",\"name\"}")
-- $4 = Some("A")
-- $5 = Some("{\"price\"}")
-- $6 = Some("{\"price\"}")
-- $7 = Some("10")
-- $8 = Some("{\"price\"}")
-- $9 = Some("{\"price\"}")
-- $10 = Some("{\"12.5\"}")
-- $11 = Some("{\"kind\"}")
-- $12 = Some("{\"book\"}")
-- absent
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"node":{"id":', coalesce("t2"."id"::pg_catalog.int4::pg_catalog.text, E'"\\/null"'), '}}'), ','), ']}')
from (select "t1"."id"
from "public"."item" as "t1"
where ((("t1"."details" is not null) and (("t1"."details" operator(pg_catalog.#>>) $1::pg_catalog.text[]) is null)) and ("t1"."source"::pg_catalog.jsonb operator(pg_catalog.?) $2::pg_catalog.text))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("{\"tags\",\"0\"}")
-- $2 = Some("by")
