comment on schema public is '@graphql({"inflect_names": true})';
create domain percent as smallint check (value between 0 and 100);
create table product (
    id integer primary key,
    stock integer not null,
    price numeric(8, 2),
    discount percent,
    tags text[] not null default '{}',
    sizes integer[],
    details jsonb not null default '{}'
);
insert into product values
    (1, 10, 9.90, 5, '{new,red}', '{38,39,40}', '{"colour": {"name": "red", "code": 7}, "old": true}'),
    (2, 0, null, null, '{}', null, '[1, 2, 3]');
