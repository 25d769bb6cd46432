-- A schema for each tenant, and one that stands for all of them. `public` is the same for all tenants.

create table country (code text primary key, name text not null);
insert into country values ('de', 'Germany');

create function public.shape(tenant text) returns void language plpgsql as $$
begin
    execute format('create schema %I', tenant);
    perform set_config('search_path', format('%I, public', tenant), true);
    create type state as enum ('open', 'done');
    create table person (id integer primary key, name text not null, country_code text references public.country);
    create table task (id integer primary key, title text not null, state state not null default 'open', person_id integer references person);
    create unique index task_open on task (title) where state = 'open';
    create table urgent (due date) inherits (task);
    create text search configuration words (copy = pg_catalog.english);
    create function label(task) returns text stable language sql as $f$ select $1.title || ' (' || $1.state || ')' $f$;
    create function titled(pattern text) returns setof task stable language plpgsql
        as 'begin return query select * from task where title like pattern order by id; end';
end $$;
select public.shape(tenant) from unnest(array['odd "schema"', 'acme', 'other']) as tenant;
drop function public.shape;

comment on schema "odd ""schema""" is '@graphql({"inflect_names": true})';
comment on schema public is '@graphql({"inflect_names": true})';
insert into acme.person values (1, 'Ann of acme', 'de');
insert into acme.task values (1, 'Tasks of acme', 'open', 1), (2, 'More of acme', 'done', 1);
insert into other.person values (1, 'Ann of other', 'de');
insert into other.task values (1, 'Tasks of other', 'open', 1);
