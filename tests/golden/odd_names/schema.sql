create schema "odd ""schema""";
create table "odd ""schema"""."a""; drop table x; --" (
    "it's" integer primary key,
    "$1" text,
    "or" integer references "odd ""schema"""."a""; drop table x; --" ("it's")
);
comment on table "odd ""schema"""."a""; drop table x; --" is '@graphql({"name": "Odd"})';
comment on column "odd ""schema"""."a""; drop table x; --"."it's" is '@graphql({"name": "id"})';
comment on column "odd ""schema"""."a""; drop table x; --"."$1" is '@graphql({"name": "text"})';
insert into "odd ""schema"""."a""; drop table x; --" values (1, '''; drop table x; --', null), (2, '$1', 1);
