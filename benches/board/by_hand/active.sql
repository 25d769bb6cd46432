select concat('{"taskCollection":{"edges":[', string_agg(concat('{"node":{"id":"', t.id, '","title":',
  to_json(t.title), '}}'), ',' order by t.id), ']}}')
from (
  select id, title from task as t
  where assignee_id = '00000000-0000-4000-8000-000000:number'
    and exists (select from project as p where p.id = t.project_id and not p.is_archived and p.budget > 110000)
    and exists (select from comment as c where c.task_id = t.id and c.created_at > '2026-01-02')
  order by id limit 30
) as t
