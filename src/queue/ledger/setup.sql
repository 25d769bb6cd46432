-- The ledger of mutations that come through the queue. One message, so that everything or nothing is created, and the settings end with it.
-- The ledger belongs to the connection's own user, whatever state another client of a pooler has left.
set local role none;
set local search_path = pg_catalog, pg_temp;
create schema if not exists glowplug;

create table if not exists glowplug.operation (
  id uuid primary key,
  principal bytea not null,
  content bytea not null,
  state text not null,
  outcome text not null,
  result text not null,
  attempts integer not null,
  enqueued_at timestamptz not null,
  started_at timestamptz not null,
  finished_at timestamptz not null
);

comment on table glowplug.operation is 'Mutations that came through Glowplug''s queue, each with its answer.';

create index if not exists operation_finished_at on glowplug.operation (finished_at);

revoke all on schema glowplug from public;
revoke all on glowplug.operation from public;
