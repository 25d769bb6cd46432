select concat('{"projectCollection":{"edges":[', string_agg(concat('{"node":{"id":"', p.id, '","code":',
  to_json(p.code), ',"name":', to_json(p.name), ',"tasks":{"edges":[', (
    select string_agg(concat('{"node":{"id":"', t.id, '","title":', to_json(t.title), ',"status":',
      to_json(t.status), ',"priority":', t.priority, ',"comments":{"edges":[', (
        select string_agg(concat('{"node":{"id":"', c.id, '","body":', to_json(c.body), ',"createdAt":',
          to_json(c.created_at), '}}'), ',' order by c.id)
        from (select id, body, created_at from comment where task_id = t.id order by id limit 20) as c
      ), ']}}}'), ',' order by t.id)
    from (select id, title, status, priority from task where project_id = p.id order by id limit 50) as t
  ), ']}}}'), ',' order by p.id), ']}}')
from (select id, code, name from project where budget >= :number order by id limit 100) as p
