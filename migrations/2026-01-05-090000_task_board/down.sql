drop table task_label;
drop table label;
drop table comment;
drop table task;
drop function set_updated_at();
drop table membership;
drop table project;
drop table account;
drop domain hex_color;
drop domain email_address;
drop type member_role;
drop type task_status;

comment on schema public is 'standard public schema';
