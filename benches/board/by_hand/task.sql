select concat('{"taskByPk":{"id":"', t.id, '","title":', to_json(t.title), ',"status":', to_json(t.status),
  ',"priority":', t.priority, ',"dueOn":', coalesce(to_json(t.due_on)::text, 'null'),
  ',"project":', (
    select concat('{"id":"', p.id, '","code":', to_json(p.code), ',"name":', to_json(p.name), '}')
    from project as p where p.id = t.project_id),
  ',"assignee":', coalesce((
    select concat('{"id":"', a.id, '","name":', to_json(a.name), '}')
    from account as a where a.id = t.assignee_id), 'null'),
  ',"comments":{"edges":[', (
    select string_agg(concat('{"node":{"id":"', c.id, '","body":', to_json(c.body), ',"createdAt":',
      to_json(c.created_at), '}}'), ',' order by c.id)
    from comment as c where c.task_id = t.id), ']}}}')
from task as t where t.id = '00000000-0000-4000-8000-000000:number'
