select concat('{"taskCollection":{"edges":[', string_agg(concat('{"node":{"id":"', t.id, '","title":',
  to_json(t.title), '}}'), ',' order by t.place), ']}}')
from (
  select id, title, row_number() over () as place from (
    select id, title from task as t
    where assignee_id = '00000000-0000-4000-8000-000000:number'
    order by (select name from project as p where p.id = t.project_id),
      (select count(*) from comment as c where c.task_id = t.id) desc, id limit 30
  ) as t
) as t
