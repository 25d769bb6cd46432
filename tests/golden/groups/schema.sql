comment on schema public is '@graphql({"inflect_names": true})';
create type mood as enum ('calm', 'loud');
create table track (
    id integer primary key, title text not null, album_id integer, mood mood, seconds integer, price numeric, is_live boolean,
    released_on date, played_at timestamptz
);
comment on table track is '@graphql({"aggregate": {"enabled": true}})';
insert into track values
    (1, 'One', 10, 'calm', 100, 1.5, true, '2024-02-29', '2024-12-31 23:30:00+00'),
    (2, 'Two', 10, 'loud', 300, 1.5, true, '2024-02-01', '2025-01-01 00:30:00+00'),
    (3, 'Three', 11, null, null, null, false, '2024-03-01', null),
    (4, 'Four', 11, 'loud', 250, 0.99, null, null, '2025-06-01 12:00:00+00'),
    (5, 'Five', null, 'calm', 60, 2, false, '2023-12-31', '2025-06-30 22:30:00+00');
