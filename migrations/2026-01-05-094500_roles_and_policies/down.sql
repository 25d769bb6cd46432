-- The roles stay: they belong to the whole server, and other databases may use them. `drop role anon, authenticated`
-- takes them away where none does.

drop function my_preferences();
drop function me();
grant execute on function _reference(task), search_tasks(text), complete_task(uuid), set_updated_at() to public;

do $$
declare
  policy record;
begin
  if current_setting('server_version_num')::integer >= 150000 then
    alter view project_progress reset (security_invoker);
  end if;
  for policy in 
    select policyname, tablename from pg_policies
    where schemaname = 'public'
      and tablename in ('account', 'project', 'membership', 'task', 'comment', 'task_label')
  loop
    execute format('drop policy %I on %I', policy.policyname, policy.tablename);
  end loop;
end
$$;

alter table task_label disable row level security;
alter table comment disable row level security;
alter table task disable row level security;
alter table membership disable row level security;
alter table project disable row level security;
alter table account disable row level security;

alter table comment alter author_id drop default;
alter table task alter author_id drop default;
alter table project alter owner_id drop default;

revoke execute on function _reference(task), search_tasks(text), complete_task(uuid) from anon, authenticated;
revoke all on account, project, membership, task, comment, label, task_label, project_progress
  from anon, authenticated;
revoke usage on schema public from anon, authenticated;

drop function access.projects_as(member_role);
drop function access.account_id();
drop schema access;
