comment on schema public is '@graphql({"inflect_names": true})';
create table artist (id integer primary key, name text not null, mentor_id integer references artist);
create table album (
    id integer primary key, title text not null, artist_id integer references artist, year integer,
    shelf_name text, shelf_place integer
);
create table shelf (name text, place integer, room text, primary key (name, place));
alter table album add foreign key (shelf_name, shelf_place) references shelf;
create table track (id integer primary key, album_id integer not null references album, title text, milliseconds integer);
create index on track (album_id);
create table lyrics (id integer primary key, album_id integer unique references album, words text, "is" boolean);
create view rating as select id as album, id % 5 as stars from album;
comment on view rating is '@graphql({"primary_key_columns": ["album"], "foreign_keys": [{"local_name": "ratings", "local_columns": ["album"], "foreign_name": "album_rated", "foreign_schema": "public", "foreign_table": "album", "foreign_columns": ["id"]}]})';
insert into artist values (1, 'A', null), (2, 'B', 1), (3, 'C', 2), (4, 'D', 4);
insert into shelf values ('north', 1, 'hall'), ('north', 2, 'attic');
insert into album values
    (10, 'Ten', 1, 1999, 'north', 1), (11, 'Eleven', 1, null, 'north', 2), (12, 'Twelve', 2, 2001, null, 2),
    (13, 'Thirteen', null, 2005, 'north', null);
insert into track values
    (100, 10, 'one', 100), (101, 10, null, 300), (102, 11, 'two', 50), (103, 12, 'three', null), (104, 12, 'four', 400);
insert into lyrics values (1, 10, 'la', true), (2, null, 'lo', false);
