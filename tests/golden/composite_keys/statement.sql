-- seatCollection
select pg_catalog.concat('{"edges":[', pg_catalog.string_agg(pg_catalog.concat('{"cursor":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array("t2"."letter", "t2"."flight", "t2"."row", "t2"."letter")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '","node":{"row":', coalesce("t2"."row"::pg_catalog.int2::pg_catalog.text, E'"\\/null"'), ',"letter":', coalesce(pg_catalog.to_json("t2"."letter"::pg_catalog.bpchar), E'"\\/null"'), ',"ticket":', coalesce((select pg_catalog.concat('{"id":"', coalesce("t3"."id"::pg_catalog.uuid::pg_catalog.text, E'\\/null'), '","seat":', coalesce((select pg_catalog.concat('{"nodeId":"', pg_catalog.translate(pg_catalog.encode(pg_catalog.convert_to(pg_catalog.jsonb_build_array('public'::pg_catalog.text, 'seat'::pg_catalog.text, "t4"."flight", "t4"."row", "t4"."letter")::pg_catalog.text, 'UTF8'), 'base64'), pg_catalog.chr(10), ''), '"}')
from "public"."seat" as "t4"
where (("t4"."flight" operator(pg_catalog.=) "t3"."flight") and ("t4"."row" operator(pg_catalog.=) "t3"."seat_row") and ("t4"."letter" operator(pg_catalog.=) "t3"."seat_letter"))
limit 1), 'null'), '}')
from "public"."ticket" as "t3"
where (("t2"."flight" operator(pg_catalog.=) "t3"."flight") and ("t2"."row" operator(pg_catalog.=) "t3"."seat_row") and ("t2"."letter" operator(pg_catalog.=) "t3"."seat_letter"))
limit 1), 'null'), '}}'), ','), ']}')
from (select "t1"."flight", "t1"."row", "t1"."letter"
from "public"."seat" as "t1"
where (("t1"."letter" operator(pg_catalog.<) $1::pg_catalog.bpchar) or (("t1"."letter" operator(pg_catalog.=) $2::pg_catalog.bpchar) and (("t1"."flight" operator(pg_catalog.>) $3::pg_catalog.int4) or (("t1"."flight" operator(pg_catalog.=) $4::pg_catalog.int4) and (("t1"."row" operator(pg_catalog.>) $5::pg_catalog.int2) or (("t1"."row" operator(pg_catalog.=) $6::pg_catalog.int2) and ("t1"."letter" operator(pg_catalog.>) $7::pg_catalog.bpchar)))))))
order by "t1"."letter" desc, "t1"."flight", "t1"."row", "t1"."letter"
limit 5) as "t2";
-- $1 = Some("B")
-- $2 = Some("B")
-- $3 = Some("1")
-- $4 = Some("1")
-- $5 = Some("0")
-- $6 = Some("0")
-- $7 = Some("B")
