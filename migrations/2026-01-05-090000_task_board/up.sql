-- The task board's tables. The comments with @graphql(...) name and describe the API; see docs of each directive at
-- https://supabase.github.io/pg_graphql/configuration/.

comment on schema public is '@graphql({"inflect_names": true, "max_rows": 100})';

-- Types ---------------------------------------------------------------------------------------------------------------

create type task_status as enum ('backlog', 'todo', 'in_progress', 'in_review', 'done', 'cancelled');
create type member_role as enum ('owner', 'maintainer', 'contributor', 'viewer');

create domain email_address as text
  check (value ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$');
create domain hex_color as text
  check (value ~ '^#[0-9a-f]{6}$');

-- People --------------------------------------------------------------------------------------------------------------

create table account (
  id          uuid primary key default gen_random_uuid(),
  email       email_address not null,
  name        text not null check (name <> ''),
  bio         text,
  time_zone   text not null default 'UTC',
  preferences jsonb not null default '{}',
  is_active   boolean not null default true,
  created_at  timestamptz not null default now()
);
-- Two addresses that differ only in case are one person's.
create unique index account_email_key on account (lower(email));

comment on table account is
  '@graphql({"description": "A person who works on projects.", "totalCount": {"enabled": true}, "aggregate": {"enabled": true}})';
comment on column account.email is '@graphql({"description": "The email address of the person; unique regardless of case."})';
comment on column account.time_zone is '@graphql({"description": "A name of the IANA time zone database, such as Europe/Lisbon."})';
comment on column account.preferences is '@graphql({"description": "What the user interface remembers, such as the theme."})';
comment on column account.is_active is '@graphql({"description": "False if the person has left; their tasks and comments stay."})';

-- Projects ------------------------------------------------------------------------------------------------------------

create table project (
  id          uuid primary key default gen_random_uuid(),
  code        text not null unique check (code ~ '^[A-Z]{2,5}$'),
  name        text not null check (name <> ''),
  description text,
  owner_id    uuid not null references account (id),
  budget      numeric(12, 2) check (budget >= 0),
  starts_on   date,
  is_archived boolean not null default false,
  is_public   boolean not null default false,
  created_at  timestamptz not null default now()
);
create index project_owner_id_idx on project (owner_id);

comment on table project is
  '@graphql({"description": "A body of work with an owner, members and tasks.", "totalCount": {"enabled": true}, "aggregate": {"enabled": true}})';
comment on column project.code is '@graphql({"description": "Two to five capitals; a task is called by it and its number, WEB-12."})';
comment on column project.budget is '@graphql({"description": "In euros; a string in the API, so that no digit is lost."})';
comment on column project.is_public is '@graphql({"description": "Whether everyone may read the project and what belongs to it."})';
comment on constraint project_owner_id_fkey on project is
  '@graphql({"foreign_name": "owner", "local_name": "ownedProjects"})';

create table membership (
  project_id uuid not null references project (id) on delete cascade,
  account_id uuid not null references account (id) on delete cascade,
  role       member_role not null default 'contributor',
  joined_at  timestamptz not null default now(),
  primary key (project_id, account_id)
);
create index membership_account_id_idx on membership (account_id);

comment on table membership is
  '@graphql({"description": "Who works on which project, and as what.", "totalCount": {"enabled": true}})';
comment on constraint membership_project_id_fkey on membership is '@graphql({"local_name": "memberships"})';
comment on constraint membership_account_id_fkey on membership is '@graphql({"local_name": "memberships"})';

-- Tasks ---------------------------------------------------------------------------------------------------------------

create table task (
  id             uuid primary key default gen_random_uuid(),
  project_id     uuid not null references project (id) on delete cascade,
  number         integer not null check (number > 0),
  parent_id      uuid references task (id) on delete cascade,
  title          text not null check (title <> ''),
  description    text,
  status         task_status not null default 'backlog',
  priority       smallint not null default 3 check (priority between 1 and 5),
  author_id      uuid not null references account (id),
  assignee_id    uuid references account (id) on delete set null,
  estimate_hours numeric(6, 2) check (estimate_hours >= 0),
  due_on         date,
  tags           text[] not null default '{}',
  details        jsonb,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  completed_at   timestamptz,
  unique (project_id, number),
  check (parent_id <> id),
  check ((completed_at is not null) = (status = 'done'))
);
create index task_parent_id_idx on task (parent_id);
create index task_author_id_idx on task (author_id);
create index task_assignee_id_status_idx on task (assignee_id, status);
create index task_project_id_status_idx on task (project_id, status);
create index task_tags_idx on task using gin (tags);

comment on table task is
  '@graphql({"description": "Something to be done in a project.", "totalCount": {"enabled": true}, "aggregate": {"enabled": true}})';
comment on column task.number is '@graphql({"description": "Counts within the project."})';
comment on column task.priority is '@graphql({"description": "From 1, the most urgent, to 5."})';
comment on column task.tags is '@graphql({"description": "Free words; labels are words that all projects share."})';
comment on column task.details is '@graphql({"description": "Data that the application keeps with a task, such as a checklist."})';
comment on column task.completed_at is '@graphql({"description": "Set exactly while the status is done."})';
comment on constraint task_project_id_fkey on task is '@graphql({"foreign_name": "project", "local_name": "tasks"})';
comment on constraint task_parent_id_fkey on task is '@graphql({"foreign_name": "parent", "local_name": "subtasks"})';
comment on constraint task_author_id_fkey on task is '@graphql({"foreign_name": "author", "local_name": "authoredTasks"})';
comment on constraint task_assignee_id_fkey on task is
  '@graphql({"foreign_name": "assignee", "local_name": "assignedTasks"})';

create function set_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;
create trigger task_set_updated_at before update on task
  for each row when (old.* is distinct from new.*) execute function set_updated_at();

-- Comments ------------------------------------------------------------------------------------------------------------

create table comment (
  id         uuid primary key default gen_random_uuid(),
  task_id    uuid not null references task (id) on delete cascade,
  author_id  uuid not null references account (id),
  body       text not null check (body <> ''),
  created_at timestamptz not null default now(),
  edited_at  timestamptz
);
create index comment_task_id_created_at_idx on comment (task_id, created_at);
create index comment_author_id_idx on comment (author_id);

comment on table comment is
  '@graphql({"description": "A remark on a task.", "totalCount": {"enabled": true}, "aggregate": {"enabled": true}})';
comment on constraint comment_task_id_fkey on comment is '@graphql({"foreign_name": "task", "local_name": "comments"})';
comment on constraint comment_author_id_fkey on comment is
  '@graphql({"foreign_name": "author", "local_name": "comments"})';

-- Labels --------------------------------------------------------------------------------------------------------------

create table label (
  id          uuid primary key default gen_random_uuid(),
  name        text not null unique check (name <> ''),
  color       hex_color not null default '#808080',
  description text
);

comment on table label is
  '@graphql({"description": "A word that tasks of all projects are sorted by.", "totalCount": {"enabled": true}})';
comment on column label.color is '@graphql({"description": "As in CSS: # and six digits."})';

create table task_label (
  task_id  uuid not null references task (id) on delete cascade,
  label_id uuid not null references label (id) on delete cascade,
  primary key (task_id, label_id)
);
create index task_label_label_id_idx on task_label (label_id);

comment on table task_label is
  '@graphql({"description": "Which labels a task has.", "totalCount": {"enabled": true}})';
comment on constraint task_label_task_id_fkey on task_label is
  '@graphql({"foreign_name": "task", "local_name": "labels"})';
comment on constraint task_label_label_id_fkey on task_label is
  '@graphql({"foreign_name": "label", "local_name": "tasks"})';
