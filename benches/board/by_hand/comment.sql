with written as (
  insert into comment (task_id, author_id, body)
  values ('00000000-0000-4000-8000-000000:number', '00000000-0000-4000-8000-000000100000',
    'It is ''done'', as far as I can see.')
  returning body, task_id
)
select concat('{"insertIntoCommentCollection":{"affectedCount":1,"records":[{"body":', to_json(w.body), ',"task":', (
    select concat('{"title":', to_json(t.title), ',"project":{"name":', to_json(p.name), '}}')
    from task as t join project as p on p.id = t.project_id where t.id = w.task_id),
  '}]}}')
from written as w
