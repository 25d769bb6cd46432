-- What the board shows beside its tables: a view, a computed field, and functions.

create view project_progress as
select
  project.id as project_id,
  count(task.id) as task_count,
  count(task.id) filter (where task.status = 'done') as done_count,
  count(task.id) filter (where task.status in ('in_progress', 'in_review')) as active_count,
  coalesce(sum(task.estimate_hours) filter (where task.status not in ('done', 'cancelled')), 0) as open_hours,
  max(task.updated_at) as last_activity_at
from project
left join task on task.project_id = project.id
group by project.id;

-- A view has neither keys nor foreign keys of its own; this comment says which hold.
comment on view project_progress is
  '@graphql({
    "description": "The progress of each project.",
    "primary_key_columns": ["project_id"],
    "foreign_keys": [{
      "local_name": "progress",
      "local_columns": ["project_id"],
      "foreign_name": "project",
      "foreign_schema": "public",
      "foreign_table": "project",
      "foreign_columns": ["id"]
    }]
  })';

-- A function of one row is a field of that row's type; the underscore in front is left out of its name.
create function _reference(task task) returns text stable language sql as $$
  select project.code || '-' || task.number from project where project.id = task.project_id
$$;
comment on function _reference(task) is '@graphql({"description": "What people call the task: the project''s code and the number, WEB-12."})';

create function search_tasks(phrase text) returns setof task stable language sql as $$
  select *
  from task
  where to_tsvector('simple', title || ' ' || coalesce(description, '')) @@ websearch_to_tsquery('simple', phrase)
  order by priority, created_at, id
$$;
comment on function search_tasks(text) is '@graphql({"description": "Tasks whose title or description has all words of the phrase, the most urgent first."})';

create index task_search_idx on task
  using gin (to_tsvector('simple'::regconfig, title || ' ' || coalesce(description, '')));

-- A volatile function is a mutation.
create function complete_task(task_id uuid) returns task volatile language sql as $$
  update task
  set status = 'done', completed_at = coalesce(completed_at, now())
  where id = task_id
  returning *
$$;
comment on function complete_task(uuid) is '@graphql({"description": "Marks a task as done; a task that is done already keeps its time."})';
