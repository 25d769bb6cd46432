comment on schema public is '@graphql({"inflect_names": true})';
create table artist (id integer generated always as identity primary key, name text not null unique);
create table album (
    id serial primary key,
    artist_id integer not null references artist,
    title text not null,
    tags text[],
    added date not null default '2024-02-29'
);
create table track (
    album_id integer references album,
    number integer,
    name text not null,
    primary key (album_id, number)
);
insert into artist (name) values ('AC/DC');
