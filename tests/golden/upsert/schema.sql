comment on schema public is '@graphql({"inflect_names": true})';
create table account (
    id integer primary key,
    email text not null unique,
    name text not null,
    visits integer not null default 1,
    is_closed boolean not null default false
);
create unique index account_open_name on account (lower(name)) where not is_closed;
comment on index account_open_name is '@graphql({"name": "openName"})';
insert into account values (1, 'ada@example.com', 'Ada'), (2, 'bo@example.com', 'Bo');
