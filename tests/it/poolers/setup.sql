create table counter (id int primary key, value int not null check (value < 1000));
insert into counter values (1, 0);
create table changing (id int primary key, word varchar(10) not null);
insert into changing values (1, 'word');
do $$ begin
    create role poolers_user;
exception when duplicate_object or unique_violation then null;
end $$;
create function claim(name text) returns text stable language sql
    as $$ select nullif(current_setting('request.jwt.claims', true), '')::json ->> name $$;
create table note (id int generated always as identity primary key, owner text not null default claim('sub'), body text not null);
alter table note enable row level security;
create policy own on note to poolers_user using (owner = claim('sub'));
grant select, insert on note to poolers_user;
insert into note (owner, body) values ('ada', 'Ada''s'), ('bob', 'Bob''s');
