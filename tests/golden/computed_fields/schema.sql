-- A library: what functions make of its rows, also of rows of views and partitioned tables, and of tables whose columns
-- have the names that statements use for themselves.

comment on schema public is '@graphql({"inflect_names": true})';

create type mood as enum ('calm', 'not-calm');
comment on type mood is '@graphql({"mappings": {"not-calm": "NOT_CALM"}})';

create table author (
    id integer primary key,
    "row" text not null,
    t1 text,
    t2 integer
);

create table book (
    id integer,
    author_id integer not null references author (id),
    title text not null,
    year integer not null,
    primary key (id, year)
) partition by range (year);
create table book_old partition of book for values from (minvalue) to (2000);
create table book_new partition of book for values from (2000) to (maxvalue);

create view recent as select id, title, year from book where year >= 2000;
comment on view recent is '@graphql({"primary_key_columns": ["id"]})';

insert into author (id, "row", t1, t2) values (1, 'Ada', 'x', 7), (2, 'Ben', null, null);
insert into book (id, author_id, title, year) values
    (10, 1, 'Notes', 1990), (11, 1, 'More Notes', 2005), (12, 2, 'Walks', 2010), (13, 1, 'Last Notes', 2020);

create function initial(author) returns text language sql immutable as $$ select left($1."row", 1) $$;

create function _mood(who author) returns mood language sql stable
as $$ select case when who.t1 is null then 'not-calm' else 'calm' end::mood $$;

create function moods(author) returns mood[] language sql stable as $$ select enum_range(null::mood) $$;

create function books_written(author) returns bigint language sql stable
as $$ select count(*) from book where author_id = $1.id $$;

create function latest_book(author) returns setof book rows 1 language sql stable
as $$ select * from book where author_id = $1.id order by year desc limit 1 $$;

create function old_book(author) returns book language sql stable
as $$ select b from book as b where author_id = $1.id and year < 2000 limit 1 $$;

create function books(author) returns setof book language sql stable
as $$ select * from book where author_id = $1.id $$;

create function touched(author) returns setof book language sql volatile
as $$ select * from book where author_id = $1.id $$;

create function age(book) returns integer language sql immutable as $$ select 2024 - $1.year $$;
create function headline(recent) returns text language sql immutable as $$ select upper($1.title) $$;
