comment on schema public is '@graphql({"inflect_names": true})';
create table project (tenant_id integer, id integer, name text not null, primary key (tenant_id, id));
create table task (
    tenant_id integer, id integer, project_id integer not null, title text not null, primary key (tenant_id, id),
    foreign key (tenant_id, project_id) references project
);
comment on table task is '@graphql({"totalCount": {"enabled": true}})';
create function _label(task) returns text stable language sql as $$ select $1.id || ': ' || $1.title $$;
create function tasks_like(pattern text) returns setof task stable language sql as $$ select * from task where title like pattern $$;
insert into project select t, p, 'project ' || t || '.' || p from generate_series(1, 3) as t, generate_series(1, 2) as p;
insert into task select t, i, 1 + i % 2, 'task ' || t || '.' || i from generate_series(1, 3) as t, generate_series(1, 4) as i;
