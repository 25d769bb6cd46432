comment on schema public is '@graphql({"inflect_names": true})';
create domain remark as text;
create table article (
    id integer primary key, title text not null, body varchar(200), note remark,
    words tsvector generated always as (setweight(to_tsvector('english', title), 'A') || to_tsvector('english', coalesce(body, ''))) stored
);
create text search configuration "my ""own"" one" (copy = english);
insert into article (id, title, body, note) values
    (1, 'Running cats', 'The cat ran home', 'first'), (2, 'A dog', 'It sleeps, as cats do', null), (3, 'It''s late', null, 'cats and dogs');
