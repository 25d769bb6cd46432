-- A shop: what its clients ask by functions.

comment on schema public is '@graphql({"inflect_names": true})';

create type size as enum ('small', 'extra-large');
comment on type size is '@graphql({"mappings": {"extra-large": "EXTRA_LARGE"}})';

create domain percentage as numeric check (value between 0 and 100);

create table product (
    id integer primary key,
    name text not null,
    size size not null default 'small',
    price numeric(8, 2)
);
comment on table product is '@graphql({"totalCount": {"enabled": true}, "aggregate": {"enabled": true}})';

insert into product (id, name, size, price) values
    (1, 'kettle', 'small', 20.00),
    (2, 'pan', 'extra-large', 35.50),
    (3, 'pot', 'extra-large', null),
    (4, 'spoon', 'small', 2.25);

create function discount(price numeric, by percentage default 10) returns numeric language sql immutable
as $$ select price * (1 - by / 100) $$;

create function usual_size() returns size language sql immutable as $$ select 'extra-large'::size $$;

create function other_size(than size default 'extra-large') returns size language sql stable
as $$ select case than when 'small' then 'extra-large' else 'small' end::size $$;

create function sizes_of(names text[]) returns size[] language sql stable
as $$ select array_agg(product.size order by id) from product where product.name = any (names) $$;

create function cheapest(size size default null) returns product language sql stable
as $$ select p from product as p where cheapest.size is null or p.size = cheapest.size order by price limit 1 $$;

create function products_from(minimum numeric default 0) returns setof product language sql stable
as $$ select * from product where price >= minimum order by price desc $$;

create function pick(id integer) returns text language sql stable
as $$ select p.name from product as p where p.id = pick.id $$;

create function pick(name text) returns text language sql stable
as $$ select 'named ' || p.name from product as p where p.name = pick.name $$;

-- No constraint of the table holds for a row that a function makes.
create function half_made() returns product language sql stable as $$ select row(5, null, null, 1)::product $$;
