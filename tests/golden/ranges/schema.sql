comment on schema public is '@graphql({"inflect_names": true})';
create type stretch as range (subtype = float8);
create domain term as daterange;
create table booking (
    id integer primary key, during tstzrange, seats int4multirange, road stretch, term term, address inet
);
insert into booking values
    (1, '[2024-01-01 09:00+00,2024-01-01 10:00+00)', '{[1,3),[7,8)}', '[0.5,1.5]', '[2024-01-01,2024-02-01)', '10.0.0.1'),
    (2, '[2024-01-01 10:00+00,)', '{}', '(,)', 'empty', null),
    (3, null, null, null, null, null);
