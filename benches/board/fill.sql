-- The task board with 2,000 people, 5,000 projects, 100,000 tasks and 200,000 comments.
-- Keys end in a number of six digits, so that a load generator can make them up.

truncate account, label cascade;

create function pg_temp.key(number integer) returns uuid immutable language sql as $$
  select ('00000000-0000-4000-8000-000000' || 100000 + number)::uuid
$$;

insert into account (id, email, name, bio)
select pg_temp.key(number), 'person' || number || '@example.com', 'Person ' || number, 'Works on what has to be done.'
from generate_series(0, 1999) as number;

insert into project (id, code, name, description, owner_id, budget, starts_on)
select
  pg_temp.key(number), chr(65 + number / 676) || chr(65 + number / 26 % 26) || chr(65 + number % 26),
  'Project ' || number, 'What project ' || number || ' is for.', pg_temp.key(number % 2000), 100000 + number * 10,
  date '2025-01-01' + number % 365
from generate_series(0, 4999) as number;

-- A project has twenty tasks, made at different times, so that they lie on different pages; a person has fifty.
insert into task (
  id, project_id, number, title, description, status, priority, author_id, assignee_id, estimate_hours, due_on, tags,
  details
)
select
  pg_temp.key(number), pg_temp.key(number % 5000), number / 5000 + 1, 'Task ' || number || ': "quoted" and plain',
  repeat('What is to be done, and why. ', 1 + number % 8),
  (array['backlog', 'todo', 'in_progress', 'in_review', 'cancelled'])[1 + number % 5]::task_status, 1 + number % 5,
  pg_temp.key(number * 11 % 2000), pg_temp.key(number * 7 % 2000), number % 40 + 0.5, date '2026-01-01' + number % 365,
  array['tag' || number % 10, 'tag' || number % 7], jsonb_build_object('step', number % 4)
from generate_series(0, 99999) as number;

insert into comment (task_id, author_id, body, created_at)
select
  pg_temp.key(number % 100000), pg_temp.key(number * 13 % 2000), repeat('Somebody said this. ', 1 + number % 5),
  timestamptz '2026-01-01 08:00:00+00' + number * interval '1 second'
from generate_series(0, 199999) as number;
