comment on schema public is '@graphql({"inflect_names": true})';
create type state as enum ('open', 'so-so');
comment on type state is '@graphql({"mappings": {"so-so": "SO_SO"}})';
create table owner (id integer primary key, name text not null);
create table pet (
    id integer primary key,
    owner_id integer not null references owner (id),
    name text not null,
    big bigint not null,
    weight double precision not null,
    is_tame boolean not null,
    notes jsonb not null,
    state state not null,
    colours text[] not null,
    weights double precision[]
);
comment on table pet is '@graphql({"totalCount": {"enabled": true}, "aggregate": {"enabled": true}})';
create table stray () inherits (pet);
alter table stray
    alter name drop not null, alter big drop not null, alter weight drop not null, alter is_tame drop not null,
    alter notes drop not null, alter state drop not null, alter colours drop not null;
alter table only pet
    alter name set not null, alter big set not null, alter weight set not null, alter is_tame set not null,
    alter notes set not null, alter state set not null, alter colours set not null;
insert into owner values (1, 'Ada');
insert into pet values
    (1, 1, 'Rex', 7, 12.5, true, '{}', 'so-so', '{brown}', '{1.5}'),
    (2, 1, 'Tom', 7, 'NaN', false, '{}', 'open', '{{grey}}', '{NaN}');
insert into stray (id, owner_id) values (3, 9);
