comment on schema public is '@graphql({"inflect_names": true})';
create table project (tenant_id integer, id integer, name text not null, primary key (tenant_id, id)) partition by hash (tenant_id);
create table project_0 partition of project for values with (modulus 2, remainder 0);
create table project_1 partition of project for values with (modulus 2, remainder 1);
create table task (
    tenant_id integer, id integer, project_id integer not null, title text not null, primary key (tenant_id, id),
    foreign key (tenant_id, project_id) references project
);
comment on table task is '@graphql({"totalCount": {"enabled": true}, "aggregate": {"enabled": true}})';
-- The column of the tenant has another type here, so no value is known through that relation.
create table note (tenant_id bigint, id integer, task_id integer not null, body text not null, primary key (tenant_id, id));
comment on table note is '@graphql({"foreign_keys": [{"local_columns": ["tenant_id", "task_id"], "foreign_schema": "public", "foreign_table": "task", "foreign_columns": ["tenant_id", "id"]}]})';
insert into project select t, p, 'project ' || t || '.' || p from generate_series(1, 3) as t, generate_series(1, 2) as p;
insert into task select t, i, 1 + i % 2, 'task ' || t || '.' || i from generate_series(1, 3) as t, generate_series(1, 4) as i;
insert into note select t, i, i, 'note ' || t || '.' || i from generate_series(1, 3) as t, generate_series(1, 2) as i;
