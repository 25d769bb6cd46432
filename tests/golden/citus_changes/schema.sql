comment on schema public is '@graphql({"inflect_names": true})';
create table project (tenant_id integer, id integer, name text not null, primary key (tenant_id, id));
create table task (
    tenant_id integer, id integer, project_id integer, title text not null, primary key (tenant_id, id),
    foreign key (tenant_id, project_id) references project
);
insert into project select t, p, 'project ' || t || '.' || p from generate_series(1, 3) as t, generate_series(1, 2) as p;
insert into task select t, i, 1 + i % 2, 'task ' || t || '.' || i from generate_series(1, 3) as t, generate_series(1, 4) as i;
