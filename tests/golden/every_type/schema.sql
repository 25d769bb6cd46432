create type mood as enum ('so-so', 'good', 'GOOD');
comment on type mood is '@graphql({"mappings": {"so-so": "good", "good": "GOOD", "GOOD": "BEST"}})';
create domain share as integer check (value between 0 and 100);
create table sample (
    id smallint primary key,
    big bigint, exact numeric, rough double precision, small real, truth boolean, words text, fixed char(4),
    uid uuid, day date, hour time, moment timestamptz, document json, binary_document jsonb, bytes bytea, address inet,
    span interval, part share, feeling mood, feelings mood[], bigs bigint[], documents jsonb[], words_list text[], flags bit(4)
);
insert into sample values
    (1, 9007199254740993, 1.10, 0.1, 'NaN', true, E'"quo\\te"\n', 'ab', '11111111-2222-4333-8444-555555555555', '2024-02-29',
     '13:37', '2024-02-29 13:37:00+02', '{"b": 1,  "a": 2}', '{"b": 1,  "a": 2}', '\xdeadbeef', '192.0.2.7', '1 day 02:00', 7,
     'so-so', '{so-so,good,GOOD,NULL}', '{1,NULL}', '{"[]"}', '{"a,b",NULL}', '1010');
insert into sample (id) values (2);
