-- taskCollection
select concat('{"edges":[', string_agg(concat('{"node":{"id":"', "t2"."id", '","title":', to_json("t2"."title"), '}}'), ','), ']}')
from (select "t1"."id", "t1"."title"
from "public"."task" as "t1"
where (((("t1"."title" ilike $1::text) and ("t1"."title" <> $2::text)) or (not ("t1"."due" is null)) or (("t1"."points" >= $3::numeric) and ("t1"."points" = any ($4::numeric[])))) and ("t1"."id" > $5::int8))
order by "t1"."id"
limit 30) as "t2";
-- $1 = Some("%p%")
-- $2 = Some("O'Hara's \\ $1")
-- $3 = Some("1")
-- $4 = Some("{\"1\",\"8\"}")
-- $5 = Some("100")
