comment on schema public is '@graphql({"inflect_names": true})';
create table album (id integer primary key, title text not null);
create table track (
    id integer primary key, title text not null, album_id integer references album, seconds integer not null, released_on date
);
comment on table track is '@graphql({"aggregate": {"enabled": true}})';
insert into album values (10, 'Ten'), (11, 'Eleven');
insert into track values
    (1, 'One', 10, 100, '2024-02-29'), (2, 'Two', 10, 300, '2024-02-01'), (3, 'Three', 11, 250, null), (4, 'Four', null, 60, '2023-12-31');
