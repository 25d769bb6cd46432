-- The record of an operation as JSON. $1: its id.
select pg_catalog.json_build_object(
    'principal', pg_catalog.encode(o.principal, 'base64'),
    'content', pg_catalog.encode(o.content, 'base64'),
    'state', o.state,
    'outcome', o.outcome,
    'result', o.result,
    'attempts', o.attempts,
    'enqueued_at', o.enqueued_at,
    'started_at', o.started_at,
    'finished_at', o.finished_at
)::pg_catalog.text
from glowplug.operation as o
where o.id operator(pg_catalog.=) $1::pg_catalog.uuid
