-- Removes the oldest of the operations that finished before a time. $1: the time, $2: how many at most.
with old as (
    select o.id
    from glowplug.operation as o
    where o.finished_at operator(pg_catalog.<) $1::pg_catalog.timestamptz
    order by o.finished_at
    limit $2::pg_catalog.int8
),
removed as (
    delete from glowplug.operation as o
    using old
    where o.id operator(pg_catalog.=) old.id
    returning 1
)
select pg_catalog.count(*)::pg_catalog.text from removed
