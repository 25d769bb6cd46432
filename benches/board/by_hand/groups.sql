select concat('{"taskGroups":{"edges":[', string_agg(concat('{"node":{"key":{"priority":', priority, ',"dueOn":',
  coalesce(to_json(month)::text, 'null'), '},"count":', count, ',"sum":{"estimateHours":',
  coalesce(to_json(hours)::text, 'null'), '},"max":{"dueOn":', coalesce(to_json(latest)::text, 'null'), '}}}'), ','), ']}}')
from (
  select priority, date_trunc('month', due_on::timestamp)::date as month, count(*), sum(estimate_hours) as hours,
    max(due_on) as latest
  from task where assignee_id = '00000000-0000-4000-8000-000000:number'
  group by 1, 2 having count(*) > 1 order by count(*) desc, 1, 2 limit 30
) as g
