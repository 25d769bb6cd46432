-- Who may see and change what. Glowplug runs each request as the role that its token names, with the token's claims in
-- the setting request.jwt.claims; a request without a token runs as the role anon. The rest is PostgreSQL's work:
-- privileges say which tables, columns and functions a role may use, and policies say which rows.
--
-- Everybody reads public projects and what belongs to them. Members read theirs as well, and change what their role in
-- the project lets them. The tables' owner is bound by none of this.

-- Roles ---------------------------------------------------------------------------------------------------------------

-- Roles belong to the whole server, so they may be there already: another database has them, or the host (Supabase)
-- made them. They cannot log in; whoever connects for Glowplug has to be a member, to be able to become one of them.
do $$
declare
  name text;
  before constant text := current_setting('role');
begin
  foreach name in array array['anon', 'authenticated'] loop
    begin
      if not exists (select from pg_roles where rolname = name) then
        execute format('create role %I nologin', name);
      end if;
    exception
      -- Another database's migration made it just now.
      when duplicate_object or unique_violation then null;
    end;
    begin
      perform set_config('role', name, true);
      perform set_config('role', before, true);
    exception
      when insufficient_privilege then
        execute format('grant %I to session_user', name);
    end;
  end loop;
exception
  when insufficient_privilege then
    raise exception using
      errcode = 'insufficient_privilege',
      message = format(
        '%I may not make the roles of this migration. Let a superuser, or a role with CREATEROLE, run what is missing of: '
        'create role anon nologin; create role authenticated nologin; grant anon, authenticated to %1$I; '
        'and apply the migration again (%s)', session_user, sqlerrm);
end
$$;

-- Who asks ------------------------------------------------------------------------------------------------------------

-- What policies need, apart from the API: only the schemas in the setting `schemas` are exposed.
create schema access;
grant usage on schema access to authenticated;

-- The account that the token is for; null without a token. Once a session has had the setting, it is '' rather than
-- null, hence the nullif.
create function access.account_id() returns uuid stable language sql set search_path = '' as $$
  select (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid
$$;

-- The projects in which the caller is at least this. It runs as its owner, whom policies do not bind: a policy on
-- membership that reads membership would ask itself for ever. Such a function must not be misled by another search_path.
create function access.projects_as(at_least public.member_role) returns setof uuid
stable security definer language sql set search_path = '' as $$
  select id from public.project where owner_id = access.account_id()
  union
  select project_id from public.membership where account_id = access.account_id() and role <= at_least
$$;

-- A new function may be called by everybody, unless that is taken back.
revoke execute on all functions in schema access from public, anon;
grant execute on all functions in schema access to authenticated;

-- Row-level security --------------------------------------------------------------------------------------------------

-- From here on nobody but the owner sees a row that no policy lets through; the policies are below.
--
-- This comes before the privileges, because it locks the tables. A grant changes a table's row in the catalogue without
-- a lock on the table: an analyze by autovacuum waits for the transaction that made the grant, and when that transaction
-- then wants a lock on the table, both wait for each other, and PostgreSQL ends one of them as a deadlock.
alter table account enable row level security;
alter table project enable row level security;
alter table membership enable row level security;
alter table task enable row level security;
alter table comment enable row level security;
alter table task_label enable row level security;

-- Privileges: tables and columns --------------------------------------------------------------------------------------

-- Some hosts give every role everything in new tables; here each gets what it needs.
revoke all on account, project, membership, task, comment, label, task_label, project_progress
  from public, anon, authenticated;
grant usage on schema public to anon, authenticated;

-- Addresses are for colleagues, and nobody reads another person's preferences: see my_preferences() below.
grant select (id, name, bio, time_zone, is_active, created_at) on account to anon;
grant select (id, email, name, bio, time_zone, is_active, created_at) on account to authenticated;
grant update (email, name, bio, time_zone, preferences) on account to authenticated;

-- A column that is not granted for update, such as the owner, keeps its first value.
grant select (id, code, name, description, owner_id, starts_on, is_archived, is_public, created_at) on project to anon;
grant select, delete on project to authenticated;
grant insert (id, code, name, description, owner_id, budget, starts_on, is_public) on project to authenticated;
grant update (code, name, description, budget, starts_on, is_archived, is_public) on project to authenticated;

grant select on membership to anon, authenticated;
grant insert (project_id, account_id, role), update (role), delete on membership to authenticated;

grant select on task to anon, authenticated;
grant insert (id, project_id, number, parent_id, title, description, status, priority, author_id, assignee_id,
  estimate_hours, due_on, tags, details, completed_at) on task to authenticated;
grant update (number, parent_id, title, description, status, priority, assignee_id, estimate_hours, due_on, tags,
  details, completed_at), delete on task to authenticated;

grant select on comment to anon, authenticated;
grant insert (id, task_id, author_id, body), update (body, edited_at), delete on comment to authenticated;

grant select on task_label to anon, authenticated;
grant insert, delete on task_label to authenticated;

-- Labels are everybody's to read and nobody's to change, which is all that this grant says; no policy is needed.
grant select on label to anon, authenticated;

-- Who writes is the author, unless another one is named, which the policies refuse.
alter table project alter owner_id set default access.account_id();
alter table task alter author_id set default access.account_id();
alter table comment alter author_id set default access.account_id();

-- Policies: rows ------------------------------------------------------------------------------------------------------

-- Policies of one command are joined by OR.

-- A function in a subselect is called once for the statement; without the subselect, once for every row.

create policy "public projects" on project for select to anon, authenticated
  using (is_public);
-- The first condition is for insert … returning: a function does not see the row that is being made.
create policy "members read" on project for select to authenticated
  using (owner_id = (select access.account_id()) or id in (select access.projects_as('viewer')));
create policy "people begin projects of their own" on project for insert to authenticated
  with check (owner_id = (select access.account_id()));
create policy "maintainers change" on project for update to authenticated
  using (id in (select access.projects_as('maintainer')));
create policy "owners delete" on project for delete to authenticated
  using (owner_id = (select access.account_id()));

-- The subselect sees only those projects that the caller may see: the policies above hold for it, too.
create policy "as the project" on membership for select to anon, authenticated
  using (exists (select from project where project.id = project_id));
create policy "maintainers add" on membership for insert to authenticated
  with check (project_id in (select access.projects_as('maintainer')) and role <> 'owner');
create policy "maintainers change" on membership for update to authenticated
  using (project_id in (select access.projects_as('maintainer')) and role <> 'owner');
create policy "maintainers remove, members leave" on membership for delete to authenticated
  using (
    (project_id in (select access.projects_as('maintainer')) or account_id = (select access.account_id()))
    and role <> 'owner'
  );

create policy "people of public projects" on account for select to anon
  using (
    exists (select from membership where membership.account_id = account.id)
    or exists (select from project where project.owner_id = account.id)
  );
create policy "colleagues" on account for select to authenticated
  using (true);
create policy "themselves" on account for update to authenticated
  using (id = (select access.account_id()));

create policy "as the project" on task for select to anon, authenticated
  using (exists (select from project where project.id = project_id));
create policy "contributors add" on task for insert to authenticated
  with check (
    author_id = (select access.account_id())
    and project_id in (select access.projects_as('contributor'))
  );
create policy "contributors change" on task for update to authenticated
  using (project_id in (select access.projects_as('contributor')));
create policy "authors and maintainers delete" on task for delete to authenticated
  using (
    project_id in (select access.projects_as('maintainer'))
    or (author_id = (select access.account_id()) and project_id in (select access.projects_as('contributor')))
  );

create policy "as the task" on comment for select to anon, authenticated
  using (exists (select from task where task.id = task_id));
create policy "contributors add" on comment for insert to authenticated
  with check (
    author_id = (select access.account_id())
    and exists (
      select from task
      where task.id = task_id and task.project_id in (select access.projects_as('contributor'))
    )
  );
create policy "authors change" on comment for update to authenticated
  using (author_id = (select access.account_id()));
create policy "authors delete" on comment for delete to authenticated
  using (author_id = (select access.account_id()));

create policy "as the task" on task_label for select to anon, authenticated
  using (exists (select from task where task.id = task_id));
create policy "contributors add" on task_label for insert to authenticated
  with check (exists (
    select from task
    where task.id = task_id and task.project_id in (select access.projects_as('contributor'))
  ));
create policy "contributors remove" on task_label for delete to authenticated
  using (exists (
    select from task
    where task.id = task_id and task.project_id in (select access.projects_as('contributor'))
  ));

-- Views ---------------------------------------------------------------------------------------------------------------

-- A view reads with its owner's rights, past all policies, unless it is told to read with its caller's. PostgreSQL 14
-- cannot be told, so there the view stays closed.
do $$
begin
  if current_setting('server_version_num')::integer >= 150000 then
    alter view project_progress set (security_invoker = true);
    grant select on project_progress to anon, authenticated;
  end if;
end
$$;

-- Functions -----------------------------------------------------------------------------------------------------------

-- These run with their caller's rights, so that policies hold in them. That nobody else may call them keeps them out of
-- the others' API.
revoke execute on function _reference(task), search_tasks(text), complete_task(uuid), set_updated_at()
  from public, anon, authenticated;
grant execute on function _reference(task), search_tasks(text) to anon, authenticated;
grant execute on function complete_task(uuid) to authenticated;

-- These run as their owner, past privileges on columns, and so must themselves see to it that a caller gets only the own row.
create function me() returns account stable security definer language sql set search_path = '' as $$
  select * from public.account where id = access.account_id()
$$;
comment on function me() is '@graphql({"description": "The person that the token is for; null without one."})';

create function my_preferences() returns jsonb stable security definer language sql set search_path = '' as $$
  select preferences from public.account where id = access.account_id()
$$;
comment on function my_preferences() is '@graphql({"description": "What the user interface remembers of the person that the token is for."})';

revoke execute on function me(), my_preferences() from public, anon;
grant execute on function me(), my_preferences() to authenticated;
