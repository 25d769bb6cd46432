select concat('{"taskCollection":{"edges":[', string_agg(concat('{"node":{"id":"', t.id, '","title":',
  to_json(t.title), ',"status":', to_json(t.status), ',"priority":', t.priority,
  ',"dueOn":', coalesce(to_json(t.due_on)::text, 'null'),
  ',"project":{"id":"', p.id, '","code":', to_json(p.code), ',"name":', to_json(p.name),
  '},"assignee":', case when a.id is null then 'null'
    else concat('{"id":"', a.id, '","name":', to_json(a.name), '}') end, '}}'), ',' order by t.id), ']}}')
from (
  select id, title, status, priority, due_on, project_id, assignee_id from task
  where assignee_id = '00000000-0000-4000-8000-000000:number' order by id limit 30
) as t
join project as p on p.id = t.project_id
left join account as a on a.id = t.assignee_id
