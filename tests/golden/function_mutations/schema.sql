-- A warehouse: volatile functions. They may be called again and leave the same behind.

comment on schema public is '@graphql({"inflect_names": true})';

create table shelf (
    id integer primary key,
    name text not null,
    calls integer not null default 0
);
comment on table shelf is '@graphql({"totalCount": {"enabled": true}})';

create table parcel (
    id integer primary key,
    shelf_id integer references shelf (id),
    label text
);

insert into shelf (id, name) values (1, 'left'), (2, 'right'), (3, 'far');
insert into parcel (id, shelf_id, label) values (1, 1, 'nails'), (2, 1, 'screws'), (3, 2, null);

create function called(shelf) returns integer language sql volatile
as $$ select calls from shelf where id = $1.id $$;

create function reset() returns void language sql volatile as $$ update shelf set calls = 0 $$;

create function visit(minimum integer default 1) returns setof shelf language sql volatile
as $$ update shelf set calls = calls + 1 where id >= minimum returning * $$;

create function place(parcel_id integer, shelf_id integer) returns parcel language sql volatile
as $$ update parcel set shelf_id = place.shelf_id where id = parcel_id returning * $$;
