-- oddCollection
select concat('{"edges":[', string_agg(concat('{"node":{"nodeId":"', translate(encode(convert_to(jsonb_build_array('odd "schema"'::text, 'a"; drop table x; --'::text, "t2"."it's")::text, 'UTF8'), 'base64'), chr(10), ''), '","id":', "t2"."it's", ',"text":', coalesce(to_json("t2"."$1"), 'null'), ',"odd":', coalesce((select concat('{"text":', coalesce(to_json("t3"."$1"), 'null'), '}')
from "odd ""schema"""."a""; drop table x; --" as "t3"
where ("t3"."it's" = "t2"."or")), 'null'), '}}'), ','), ']}')
from (select "t1"."it's", "t1"."$1", "t1"."or"
from "odd ""schema"""."a""; drop table x; --" as "t1"
where (("t1"."$1" = any ($1::text[])) and ("t1"."or" = $2::int4))
order by "t1"."it's"
limit 30) as "t2";
-- $1 = Some("{\"'; drop table x; --\",\"$1\",\"\\\\\"}")
-- $2 = Some("1")
