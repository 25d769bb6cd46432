create table person (id integer primary key, name text not null);
create table letter (
    id integer primary key,
    sender integer not null references person (id),
    receiver integer references person (id)
);
insert into person values (1, 'Ann'), (2, 'Ben');
insert into letter values (7, 1, 2), (8, 2, null);
