-- taskCollection
select concat('{"edges":[', string_agg(concat('{"cursor":"', translate(encode(convert_to(jsonb_build_array("t2"."due", "t2"."id")::text, 'UTF8'), 'base64'), chr(10), ''), '","node":{"id":"', "t2"."id", '"}}'), ',') filter (where ("t2"."row_number" <= 2)), '],"pageInfo":{"hasNextPage":', to_json((count(*) > 2)), ',"hasPreviousPage":', to_json(((count(*) > 0) and exists (select 1
from "public"."task" as "t3"
where (((("t3"."due" > $1::date) or ("t3"."due" is null)) or (("t3"."due" = $2::date) and ("t3"."id" > $3::int8))) is not true)))), ',"startCursor":', coalesce((('"' || (array_agg(translate(encode(convert_to(jsonb_build_array("t2"."due", "t2"."id")::text, 'UTF8'), 'base64'), chr(10), '')) filter (where ("t2"."row_number" = 1)))[1]) || '"'), 'null'), ',"endCursor":', coalesce((('"' || (array_agg(translate(encode(convert_to(jsonb_build_array("t2"."due", "t2"."id")::text, 'UTF8'), 'base64'), chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" <= 2)))[1]) || '"'), 'null'), '}}')
from (select "t1"."id", "t1"."due", row_number() over (order by "t1"."due", "t1"."id") as "row_number"
from "public"."task" as "t1"
where ((("t1"."due" > $4::date) or ("t1"."due" is null)) or (("t1"."due" = $5::date) and ("t1"."id" > $6::int8)))
order by "t1"."due", "t1"."id"
limit 3) as "t2";
-- $1 = Some("2024-02-29")
-- $2 = Some("2024-02-29")
-- $3 = Some("100")
-- $4 = Some("2024-02-29")
-- $5 = Some("2024-02-29")
-- $6 = Some("100")
