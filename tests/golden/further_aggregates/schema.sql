comment on schema public is '@graphql({"inflect_names": true})';
create table task (id integer primary key, title text, points numeric(6, 2), hours double precision, is_done boolean);
comment on table task is '@graphql({"aggregate": {"enabled": true}})';
insert into task values (1, 'Sweep', 2.5, 1, true), (2, 'Paint', 4, null, null), (3, 'Sweep', null, 3, false);
