with written as (
  insert into task (project_id, number, title, priority, author_id)
  select '00000000-0000-4000-8000-000000:number', given.*, '00000000-0000-4000-8000-000000100000'
  from unnest(
    cast('{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95,96,97,98,99,100}' as integer[]),
    cast('{Task 1,Task 2,Task 3,Task 4,Task 5,Task 6,Task 7,Task 8,Task 9,Task 10,Task 11,Task 12,Task 13,Task 14,Task 15,Task 16,Task 17,Task 18,Task 19,Task 20,Task 21,Task 22,Task 23,Task 24,Task 25,Task 26,Task 27,Task 28,Task 29,Task 30,Task 31,Task 32,Task 33,Task 34,Task 35,Task 36,Task 37,Task 38,Task 39,Task 40,Task 41,Task 42,Task 43,Task 44,Task 45,Task 46,Task 47,Task 48,Task 49,Task 50,Task 51,Task 52,Task 53,Task 54,Task 55,Task 56,Task 57,Task 58,Task 59,Task 60,Task 61,Task 62,Task 63,Task 64,Task 65,Task 66,Task 67,Task 68,Task 69,Task 70,Task 71,Task 72,Task 73,Task 74,Task 75,Task 76,Task 77,Task 78,Task 79,Task 80,Task 81,Task 82,Task 83,Task 84,Task 85,Task 86,Task 87,Task 88,Task 89,Task 90,Task 91,Task 92,Task 93,Task 94,Task 95,Task 96,Task 97,Task 98,Task 99,Task 100}' as text[]),
    cast('{2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1,2,3,4,5,1}' as smallint[])
  ) as given
  on conflict on constraint task_project_id_number_key do update set title = excluded.title, priority = excluded.priority
  returning 1
)
select concat('{"insertIntoTaskCollection":{"affectedCount":', count(*), '}}') from written
