comment on schema public is '@graphql({"inflect_names": true})';
create table item (id integer primary key, details jsonb, source json, created_on date);
insert into item values
    (1, '{"kind": "book", "price": 12.5, "tags": ["new", "red"]}', '{"by": {"name": "Ada"}}', '2024-02-29'),
    (2, '{"kind": "pen", "price": "3"}', '{"by": null}', null),
    (3, null, null, null);
