-- meter_totalCollection
select concat('{"edges":[', string_agg(concat('{"node":{"meter":', coalesce(to_json("t2"."meter"), 'null'), ',"litres":', coalesce((('"' || "t2"."litres"::text) || '"'), 'null'), ',"readings":', coalesce((select concat('{"day":', to_json("t3"."day"), '}')
from "public"."reading" as "t3"
where ("t3"."meter" = "t2"."meter")
limit 1), 'null'), '}}'), ',') filter (where ("t2"."row_number" <= 1)), '],"pageInfo":{"hasNextPage":', to_json((count(*) > 1)), '}}')
from (select "t1"."meter", "t1"."litres", row_number() over (order by "t1"."meter") as "row_number"
from "public"."meter_total" as "t1"
order by "t1"."meter"
limit 2) as "t2";
-- readingCollection
select concat('{"edges":[', string_agg(concat('{"node":{"meter":', to_json("t2"."meter"), ',"day":', to_json("t2"."day"), ',"total":', (select concat('{"totals":[', string_agg(concat('{"node":{"litres":', coalesce((('"' || "t4"."litres"::text) || '"'), 'null'), '}}'), ','), ']}')
from (select "t3"."litres"
from "public"."meter_total" as "t3"
where ("t3"."meter" = "t2"."meter")
order by "t3"."meter"
limit 1) as "t4"), '}}'), ','), ']}')
from (select "t1"."meter", "t1"."day"
from "public"."reading" as "t1"
order by "t1"."day", "t1"."meter", "t1"."day"
limit 30) as "t2";
