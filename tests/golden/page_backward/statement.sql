-- taskCollection
select concat('{"edges":[', string_agg(concat('{"node":{"id":"', "t2"."id", '"}}'), ',' order by "t2"."row_number" desc) filter (where ("t2"."row_number" <= 2)), '],"pageInfo":{"hasNextPage":', to_json(((count(*) > 0) and exists (select 1
from "public"."task" as "t3"
where (("t3"."id" < $1::int8) is not true)))), ',"hasPreviousPage":', to_json((count(*) > 2)), ',"startCursor":', coalesce((('"' || (array_agg(translate(encode(convert_to(jsonb_build_array("t2"."id")::text, 'UTF8'), 'base64'), chr(10), '') order by "t2"."row_number" desc) filter (where ("t2"."row_number" <= 2)))[1]) || '"'), 'null'), ',"endCursor":', coalesce((('"' || (array_agg(translate(encode(convert_to(jsonb_build_array("t2"."id")::text, 'UTF8'), 'base64'), chr(10), '')) filter (where ("t2"."row_number" = 1)))[1]) || '"'), 'null'), '}}')
from (select "t1"."id", row_number() over (order by "t1"."id" desc) as "row_number"
from "public"."task" as "t1"
where ("t1"."id" < $2::int8)
order by "t1"."id" desc
limit 3) as "t2";
-- $1 = Some("103")
-- $2 = Some("103")
