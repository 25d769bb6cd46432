-- taskCollection
select pg_catalog.concat('{"aggregate":', (select pg_catalog.concat('{"countDistinct":{"id":', coalesce(pg_catalog.to_json(pg_catalog.count(distinct "t3"."id")::pg_catalog.int4), 'null'), ',"title":', coalesce(pg_catalog.to_json(pg_catalog.count(distinct "t3"."title")::pg_catalog.int4), 'null'), ',"isDone":', coalesce(pg_catalog.to_json(pg_catalog.count(distinct "t3"."is_done")::pg_catalog.int4), 'null'), '},"stddev":{"points":', coalesce(pg_catalog.to_json(pg_catalog.stddev_samp("t3"."points"::pg_catalog.numeric)), 'null'), ',"hours":', coalesce(pg_catalog.to_json(pg_catalog.stddev_samp("t3"."hours"::pg_catalog.float8)), 'null'), '},"variance":{"points":', coalesce(pg_catalog.to_json(pg_catalog.var_samp("t3"."points"::pg_catalog.numeric)), 'null'), '},"boolAnd":{"isDone":', coalesce(pg_catalog.to_json(pg_catalog.bool_and("t3"."is_done"::pg_catalog.bool)), 'null'), '},"boolOr":{"__typename":"TaskBoolOrAggregateResult","isDone":', coalesce(pg_catalog.to_json(pg_catalog.bool_or("t3"."is_done"::pg_catalog.bool)), 'null'), '}}')
from "public"."task" as "t3"), '}')
having true;
-- none
select pg_catalog.concat('{"aggregate":', (select pg_catalog.concat('{"countDistinct":{"id":', coalesce(pg_catalog.to_json(pg_catalog.count(distinct "t3"."id")::pg_catalog.int4), 'null'), '},"stddev":{"hours":', coalesce(pg_catalog.to_json(pg_catalog.stddev_samp("t3"."hours"::pg_catalog.float8)), 'null'), '},"boolOr":{"isDone":', coalesce(pg_catalog.to_json(pg_catalog.bool_or("t3"."is_done"::pg_catalog.bool)), 'null'), '}}')
from "public"."task" as "t3"
where ("t3"."id" operator(pg_catalog.>) $1::pg_catalog.int4)), '}')
having true;
-- $1 = Some("9")
