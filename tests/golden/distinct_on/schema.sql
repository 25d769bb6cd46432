comment on schema public is '@graphql({"inflect_names": true})';
create table artist (id integer primary key, name text not null);
create table album (
    id integer primary key, title text not null, artist_id integer references artist, year integer, price numeric
);
create function label(album) returns text stable language sql as 'select $1.title || $1.year';
comment on table album is '@graphql({"totalCount": {"enabled": true}, "aggregate": {"enabled": true}})';
insert into artist values (1, 'A'), (2, 'B');
insert into album values
    (10, 'Ten', 1, 1999, 5), (11, 'Eleven', 1, null, 7.5), (12, 'Twelve', 2, 2001, 1), (13, 'Thirteen', null, 2005, null),
    (14, 'Fourteen', null, 1999, 2);
