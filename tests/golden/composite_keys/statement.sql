-- seatCollection
select concat('{"edges":[', string_agg(concat('{"cursor":"', translate(encode(convert_to(jsonb_build_array("t2"."letter", "t2"."flight", "t2"."row", "t2"."letter")::text, 'UTF8'), 'base64'), chr(10), ''), '","node":{"row":', "t2"."row", ',"letter":', to_json("t2"."letter"), ',"ticket":', coalesce((select concat('{"id":"', "t3"."id", '","seat":', coalesce((select concat('{"nodeId":"', translate(encode(convert_to(jsonb_build_array('public'::text, 'seat'::text, "t4"."flight", "t4"."row", "t4"."letter")::text, 'UTF8'), 'base64'), chr(10), ''), '"}')
from "public"."seat" as "t4"
where (("t4"."flight" = "t3"."flight") and ("t4"."row" = "t3"."seat_row") and ("t4"."letter" = "t3"."seat_letter"))), 'null'), '}')
from "public"."ticket" as "t3"
where (("t3"."flight" = "t2"."flight") and ("t3"."seat_row" = "t2"."row") and ("t3"."seat_letter" = "t2"."letter"))), 'null'), '}}'), ','), ']}')
from (select "t1"."flight", "t1"."row", "t1"."letter"
from "public"."seat" as "t1"
where (("t1"."letter" < $1::bpchar) or (("t1"."letter" = $2::bpchar) and (("t1"."flight" > $3::int4) or (("t1"."flight" = $4::int4) and (("t1"."row" > $5::int2) or (("t1"."row" = $6::int2) and ("t1"."letter" > $7::bpchar)))))))
order by "t1"."letter" desc, "t1"."flight", "t1"."row", "t1"."letter"
limit 5) as "t2";
-- $1 = Some("B")
-- $2 = Some("B")
-- $3 = Some("1")
-- $4 = Some("1")
-- $5 = Some("0")
-- $6 = Some("0")
-- $7 = Some("B")
