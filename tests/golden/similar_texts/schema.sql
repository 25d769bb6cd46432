comment on schema public is '@graphql({"inflect_names": true})';
create schema extensions;
create extension pg_trgm schema extensions;
create table person (id integer primary key, name text not null, city varchar(80));
insert into person values (1, 'Margaret Hamilton', 'Paoli'), (2, 'Margarete Hamilton', null), (3, 'Grace Hopper', 'New York');
