drop function complete_task(uuid);
drop index task_search_idx;
drop function search_tasks(text);
drop function _reference(task);
drop view project_progress;
