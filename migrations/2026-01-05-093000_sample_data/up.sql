-- Rows to look at: twelve people, six projects, 360 tasks. Delete this migration when you start your own application.
--
-- Every run makes the same rows: keys are hashes of names, and what looks random is arithmetic.

create function pg_temp.key(name text) returns uuid immutable language sql as $$ select md5(name)::uuid $$;

-- A number from 0 to below `below` that looks random.
create function pg_temp.pick(seed integer, below integer) returns integer immutable language sql as $$
  select ((seed::bigint * 7919 + (seed / 7)::bigint * 104729 + 12345) % 65521 % below)::integer
$$;

insert into account (id, email, name, bio, time_zone, preferences, is_active, created_at)
select
  pg_temp.key('account ' || number), lower(split_part(name, ' ', 1)) || '@example.com', name, bio, time_zone,
  jsonb_build_object('theme', theme, 'digest', number % 3 = 0), number <> 12,
  timestamptz '2025-09-01 08:00:00+00' + (number - 1) * interval '3 days 4 hours'
from (values
  (1, 'Amara Okafor', 'Product lead. Writes the specifications that others quote.', 'Africa/Lagos', 'dark'),
  (2, 'Bjorn Lindqvist', 'Back end, databases, and coffee.', 'Europe/Stockholm', 'dark'),
  (3, 'Chiara Romano', 'Designs interfaces that need no manual.', 'Europe/Rome', 'light'),
  (4, 'Daniel Kim', null, 'Asia/Seoul', 'system'),
  (5, 'Elena Petrova', 'Test engineer; breaks things politely.', 'Europe/Sofia', 'light'),
  (6, 'Farid Haddad', 'Mobile applications.', 'Asia/Beirut', 'dark'),
  (7, 'Grace Mwangi', 'Keeps the servers up.', 'Africa/Nairobi', 'system'),
  (8, 'Hugo Martins', null, 'Europe/Lisbon', 'light'),
  (9, 'Ines Alvarez', 'Data and reports.', 'America/Bogota', 'light'),
  (10, 'Jonas Weber', 'Security reviews.', 'Europe/Berlin', 'dark'),
  (11, 'Keiko Tanaka', 'Technical writer.', 'Asia/Tokyo', 'light'),
  (12, 'Liam O''Brien', 'Has moved on to another company.', 'Europe/Dublin', 'system')
) as person (number, name, bio, time_zone, theme);

insert into project (id, code, name, description, owner_id, budget, starts_on, is_archived, is_public, created_at)
select
  pg_temp.key('project ' || number), code, name, description, pg_temp.key('account ' || owner), budget, starts_on,
  is_archived, is_public, starts_on - interval '10 days'
from (values
  (1, 'WEB', 'Web shop', 'The shop that customers see.', 1, 120000.00, date '2025-10-01', false, true),
  (2, 'APP', 'Mobile app', 'The shop in a pocket, for iOS and Android.', 6, 95000.00, date '2025-11-03', false, true),
  (3, 'PAY', 'Payments', 'Cards, invoices, refunds, and the ledger behind them.', 2, 80500.50, date '2025-09-15', false, false),
  (4, 'DATA', 'Reporting', 'Figures for those who decide.', 9, 40000.00, date '2025-12-01', false, false),
  (5, 'OPS', 'Operations', 'Servers, releases, and sleep at night.', 7, null, date '2025-09-08', false, false),
  (6, 'OLD', 'Legacy catalogue', 'Kept running until the web shop replaces it.', 8, 15000.00, date '2025-09-01', true, true)
) as project (number, code, name, description, owner, budget, starts_on, is_archived, is_public);

insert into membership (project_id, account_id, role, joined_at)
select
  project.id, account.id,
  case
    when account.id = project.owner_id then 'owner'
    when chance < 2 then 'maintainer'
    when chance < 7 then 'contributor'
    else 'viewer'
  end::member_role,
  project.created_at + chance * interval '26 hours'
from project
cross join lateral (
  select account.id, pg_temp.pick(row_number() over (order by email)::integer * 31 + ascii(project.code), 10) as chance
  from account
) as account
where chance < 8 or account.id = project.owner_id;

insert into label (id, name, color, description)
select pg_temp.key('label ' || number), name, color, description
from (values
  (1, 'bug', '#d73a4a', 'Something does not work as it should.'),
  (2, 'feature', '#1d76db', 'Something new.'),
  (3, 'documentation', '#0075ca', null),
  (4, 'performance', '#fbca04', 'Faster, smaller, or both.'),
  (5, 'security', '#b60205', 'To be looked at before anything else.'),
  (6, 'accessibility', '#5319e7', null),
  (7, 'good first task', '#7057ff', 'For somebody who is new here.'),
  (8, 'customer request', '#0e8a16', 'Asked for by name.'),
  (9, 'technical debt', '#c5def5', null),
  (10, 'blocked', '#000000', 'Waits for something outside of our hands.')
) as label (number, name, color, description);

-- Twelve pieces of work per project, each with four subtasks.
insert into task (
  id, project_id, number, parent_id, title, description, status, priority, author_id, assignee_id, estimate_hours,
  due_on, tags, details, created_at, updated_at, completed_at
)
select
  pg_temp.key('task ' || seed), pg_temp.key('project ' || project), number,
  case when step > 0 then pg_temp.key('task ' || seed - step) end,
  case step
    when 0 then topic
    when 1 then 'Design: ' || topic
    when 2 then 'Build: ' || topic
    when 3 then 'Test: ' || topic
    else 'Document: ' || topic
  end,
  case step
    when 0 then topic || ', from the first sketch to the release. The subtasks have the details.'
    when 1 then 'Agree on what it should do and look like; attach the sketches here.'
    when 2 then null
    when 3 then 'The usual cases, the odd ones, and what happens when the network goes away.'
    else 'A page in the handbook and an entry in the release notes.'
  end,
  status, 1 + pg_temp.pick(seed * 3, 5), pg_temp.key('account ' || 1 + pg_temp.pick(seed * 5, 12)),
  case when pg_temp.pick(seed * 13, 5) > 0 then pg_temp.key('account ' || 1 + pg_temp.pick(seed * 17, 11)) end,
  case when step > 0 then 1 + pg_temp.pick(seed * 11, 64) / 4.0 end,
  case when pg_temp.pick(seed * 19, 3) > 0 then date '2026-01-12' + pg_temp.pick(seed * 23, 120) end,
  (array['{}', '{quick}', '{quick,customer}', '{risky}', '{"needs design"}', '{later,customer}']::text[])[1 + pg_temp.pick(seed * 29, 6)]::text[],
  case
    when step = 3 then jsonb_build_object(
      'checklist', jsonb_build_array('usual cases', 'odd cases', 'no network'), 'passed', status = 'done')
    when step = 1 then jsonb_build_object('sketches', pg_temp.pick(seed * 37, 4))
  end,
  created_at, coalesce(completed_at, created_at + pg_temp.pick(seed * 41, 500) * interval '1 hour'), completed_at
from (
  select
    *, (project - 1) * 60 + number as seed,
    case when status = 'done' then created_at + (20 + pg_temp.pick(number * 43 + project, 900)) * interval '1 hour' end
      as completed_at
  from (
    select
      project, topic, step, number,
      case
        when project = 6 then (array['done', 'done', 'done', 'cancelled'])[1 + pg_temp.pick(number * 47, 4)]
        else (array['done', 'todo', 'backlog', 'in_progress', 'done', 'todo', 'in_review', 'backlog', 'done', 'cancelled'])
          [1 + pg_temp.pick(number * 53 + project * 7, 10)]
      end::task_status as status,
      timestamptz '2025-10-06 09:00:00+00' + (number * 31 + project * 5) * interval '53 minutes' as created_at
    from (
      select project, topic, step, ((position - 1) * 5 + step + 1)::integer as number
      from (values
        (1, array['Checkout page', 'Product search', 'Customer reviews', 'Gift cards', 'Wish list', 'Cookie banner',
                  'Address book', 'Order history', 'Size guide', 'Newsletter sign-up', 'Dark theme', 'Sitemap']),
        (2, array['Push notifications', 'Barcode scanner', 'Offline basket', 'Face login', 'Store finder', 'Crash reports',
                  'Tablet layout', 'Home screen widget', 'Deep links', 'Voice search', 'Loyalty card', 'App rating prompt']),
        (3, array['Invoice export', 'Refunds', 'Card vault', 'Instalments', 'Tax rules', 'Fraud checks',
                  'Currency conversion', 'Payment reminders', 'Ledger reconciliation', 'Bank import', 'Receipts', 'Chargebacks']),
        (4, array['Sales dashboard', 'Weekly report', 'Customer cohorts', 'Stock forecast', 'Data warehouse load', 'Funnel chart',
                  'Spreadsheet export', 'Access audit', 'Return rates', 'Search terms', 'Delivery times', 'Margin by product']),
        (5, array['Nightly backups', 'Release train', 'Log retention', 'Status page', 'Certificate renewal', 'Load test',
                  'Database upgrade', 'Alert routing', 'Cost report', 'Staging data', 'Secret rotation', 'Disaster drill']),
        (6, array['Image migration', 'Redirect rules', 'Price feed', 'Supplier portal', 'Printed catalogue', 'Fax orders',
                  'Stock sync', 'Old reports', 'Password reset', 'Country pages', 'Bulk upload', 'Search index'])
      ) as work (project, topics)
      cross join lateral unnest(topics) with ordinality as topic (topic, position)
      cross join generate_series(0, 4) as step
    ) as planned
  ) as dated
) as finished;

insert into comment (id, task_id, author_id, body, created_at, edited_at)
select
  pg_temp.key('comment ' || seed), task_id, pg_temp.key('account ' || 1 + pg_temp.pick(seed * 3, 12)),
  (array[
    'I will take a look tomorrow.', 'Looks good to me.', 'Can we split this in two?', 'Works on my machine, not on staging.',
    'The customer asked for this again.', 'Waiting for the design.', 'Done, please review.', 'Found an odd case: empty input.',
    'Moved to next week.', 'Thank you, that was quick!', 'Is this still needed?', 'The numbers do not add up yet.'
  ])[1 + pg_temp.pick(seed * 5, 12)],
  created_at + position * interval '5 hours 17 minutes',
  case when pg_temp.pick(seed * 7, 9) = 0 then created_at + position * interval '6 hours' end
from (
  select
    task.id as task_id, task.created_at, position, (dense_rank() over (order by project_id, number) * 10 + position)::integer as seed,
    pg_temp.pick(number * 59, 6) as comments
  from task
  cross join generate_series(1, 5) as position
) as planned
where position <= comments;

insert into task_label (task_id, label_id)
select task_id, pg_temp.key('label ' || 1 + pg_temp.pick(seed * turn, 10))
from (
  select task.id as task_id, (dense_rank() over (order by project_id, number))::integer as seed from task
) as numbered
cross join generate_series(1, 2) as turn
where pg_temp.pick(seed * 61 + turn, 3) > 0
on conflict do nothing;

-- Two people to try the policies of the next migration as. `glowplug dev` makes a token for each row of a view that has
-- this name: `who` is what it prints beside the token, `claims` is what the token says.
create schema if not exists glowplug;
create view glowplug.sample_token (who, claims) as
select
  account.name || ', member of ' || string_agg(project.code, ', ' order by project.code),
  json_build_object('role', 'authenticated', 'sub', account.id)
from account
join membership on membership.account_id = account.id
join project on project.id = membership.project_id
where account.id in (md5('account 2')::uuid, md5('account 11')::uuid)
group by account.id
order by account.name;

drop function pg_temp.pick(integer, integer);
drop function pg_temp.key(text);
