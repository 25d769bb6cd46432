with written as (
  insert into task (project_id, number, title, author_id)
  values ('00000000-0000-4000-8000-000000100000', :number, 'A task', '00000000-0000-4000-8000-000000100000')
  on conflict on constraint task_project_id_number_key do update set title = excluded.title
  returning id, title
), commented as (
  insert into comment (task_id, author_id, body)
  select w.id, '00000000-0000-4000-8000-000000100000', given.body
  from written as w, unnest(cast('{Comment 1,Comment 2,Comment 3,Comment 4,Comment 5,Comment 6,Comment 7,Comment 8,Comment 9,Comment 10,Comment 11,Comment 12,Comment 13,Comment 14,Comment 15,Comment 16,Comment 17,Comment 18,Comment 19,Comment 20,Comment 21,Comment 22,Comment 23,Comment 24,Comment 25,Comment 26,Comment 27,Comment 28,Comment 29,Comment 30,Comment 31,Comment 32,Comment 33,Comment 34,Comment 35,Comment 36,Comment 37,Comment 38,Comment 39,Comment 40,Comment 41,Comment 42,Comment 43,Comment 44,Comment 45,Comment 46,Comment 47,Comment 48,Comment 49,Comment 50,Comment 51,Comment 52,Comment 53,Comment 54,Comment 55,Comment 56,Comment 57,Comment 58,Comment 59,Comment 60,Comment 61,Comment 62,Comment 63,Comment 64,Comment 65,Comment 66,Comment 67,Comment 68,Comment 69,Comment 70,Comment 71,Comment 72,Comment 73,Comment 74,Comment 75,Comment 76,Comment 77,Comment 78,Comment 79,Comment 80,Comment 81,Comment 82,Comment 83,Comment 84,Comment 85,Comment 86,Comment 87,Comment 88,Comment 89,Comment 90,Comment 91,Comment 92,Comment 93,Comment 94,Comment 95,Comment 96,Comment 97,Comment 98,Comment 99,Comment 100}' as text[])) as given (body)
  returning 1
)
select concat('{"insertIntoTaskCollection":{"affectedCount":1,"records":[{"title":', to_json(w.title), '}]}}')
from written as w
