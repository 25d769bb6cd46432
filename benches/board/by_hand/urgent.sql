with written as (
  update task set priority = 1 where id = '00000000-0000-4000-8000-000000:number'
  returning title, status, priority, project_id
)
select concat('{"updateTaskCollection":{"affectedCount":1,"records":[{"title":', to_json(w.title), ',"status":',
  to_json(w.status), ',"priority":', w.priority, ',"project":', (
    select concat('{"id":"', p.id, '","code":', to_json(p.code), ',"name":', to_json(p.name), '}')
    from project as p where p.id = w.project_id),
  '}]}}')
from written as w
