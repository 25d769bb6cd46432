comment on schema public is '@graphql({"inflect_names": true})';
create table project (tenant_id integer, id integer, name text not null, primary key (tenant_id, id));
create table task (
    tenant_id integer, id integer, project_id integer, title text not null, code varchar(2), primary key (tenant_id, id),
    foreign key (tenant_id, project_id) references project
);
-- Its trigger may give a new row another tenant than the object says.
create table guarded (like task including all, foreign key (tenant_id, project_id) references project);
create function move() returns trigger language plpgsql as 'begin new.tenant_id := 2; return new; end';
create trigger move before insert on guarded for each row execute function move();
-- Its type cuts what it is given.
create table label (code char(2) primary key, name text not null);
create table labelled (id integer primary key, code char(2) references label);
insert into project select t, p, 'project ' || t || '.' || p from generate_series(1, 3) as t, generate_series(1, 2) as p;
insert into task select t, i, 1 + i % 2, 'task ' || t || '.' || i from generate_series(1, 3) as t, generate_series(1, 4) as i;
insert into label values ('A', 'first');
