create table seat (flight integer, "row" smallint, letter char(1), primary key (flight, "row", letter));
create table ticket (
    id uuid primary key, flight integer not null, seat_row smallint, seat_letter char(1),
    foreign key (flight, seat_row, seat_letter) references seat, unique (flight, seat_row, seat_letter)
);
insert into seat values (1, 1, 'A'), (1, 1, 'B'), (1, 2, 'A');
insert into ticket values ('11111111-2222-4333-8444-555555555555', 1, 1, 'B');
