comment on schema public is '@graphql({"inflect_names": true})';
create table account (id integer primary key, name text not null, email text);
create table project (id integer primary key, owner_id integer references account (id), name text not null);
create table task (
    id bigint primary key,
    project_id integer not null references project (id),
    assignee_id integer references account (id),
    title text not null,
    points numeric(6, 2),
    due date
);
comment on table task is '@graphql({"totalCount": {"enabled": true}, "aggregate": {"enabled": true}})';
insert into account values (1, 'Ada', 'ada@example.com'), (2, 'Bo', null);
insert into project values (10, 1, 'Attic'), (11, null, 'Bridge');
insert into task values
    (100, 10, 1, 'Sweep "it"', 2.50, '2024-02-29'),
    (101, 10, null, 'Paint', null, null),
    (102, 10, 2, 'Light', 1, '2024-03-01'),
    (103, 11, 2, 'Survey', 8, null);
