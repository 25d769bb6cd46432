//! The same tables on Citus, divided among servers by tenant, and on PostgreSQL.

use tokio_postgres::Client;

/// The schema of the tables, which nothing else uses.
pub(super) const SCHEMA: &str = "glowplug_tenants";

const TABLES: &str = "
    create table country (code text primary key, name text not null);
    create table person (tenant_id integer, id integer, name text not null, country_code text references country, primary key (tenant_id, id));
    create table project (tenant_id integer, id integer, name text not null, owner integer, primary key (tenant_id, id));
    create table task (
        tenant_id integer, id integer, project_id integer not null, author integer, title text not null, done boolean not null default false,
        hours numeric(6,2), tags text[], details jsonb, primary key (tenant_id, id)
    );
    create table comment (tenant_id integer, id integer, task_id integer not null, body text not null, primary key (tenant_id, id));
    create table setting (name text primary key, value text);";

const DISTRIBUTION: &str = "
    select create_reference_table('country');
    select create_distributed_table('person', 'tenant_id');
    select create_distributed_table('project', 'tenant_id', colocate_with => 'person');
    select create_distributed_table('task', 'tenant_id', colocate_with => 'person');
    select create_distributed_table('comment', 'tenant_id', colocate_with => 'person');";

/// Keys, comments and functions come after the tables are distributed: Citus loses them otherwise.
const REST: &str = "
    alter table project add foreign key (tenant_id, owner) references person;
    alter table task add foreign key (tenant_id, project_id) references project;
    alter table task add foreign key (tenant_id, author) references person;
    alter table comment add foreign key (tenant_id, task_id) references task;
    create index on task (tenant_id, project_id);
    create index on comment (tenant_id, task_id);
    create view open_task as select tenant_id, id, title from task where not done;
    create function _label(task) returns text stable language sql as $$ select $1.id || ': ' || $1.title $$;
    create function tasks_like(pattern text) returns setof task stable language sql as $$ select * from glowplug_tenants.task where title like pattern $$;
    create function done_tasks() returns setof task stable language sql as $$ select * from glowplug_tenants.task where done $$;
    create function tasks_called(pattern text) returns setof task stable language plpgsql
        as $$ begin return query select * from glowplug_tenants.task where title like pattern; end $$;
    create function double(number integer) returns integer immutable language sql as 'select 2 * number';
    create function finish(tenant integer, number integer) returns integer volatile language plpgsql
        as $$ begin update glowplug_tenants.task set done = true where tenant_id = tenant and id = number; return number; end $$;
    comment on view open_task is '@graphql({\"primary_key_columns\": [\"tenant_id\", \"id\"]})';
    comment on table task is '@graphql({\"totalCount\": {\"enabled\": true}, \"aggregate\": {\"enabled\": true}})';
    comment on table project is '@graphql({\"totalCount\": {\"enabled\": true}, \"aggregate\": {\"enabled\": true}})';
    comment on table comment is '@graphql({\"totalCount\": {\"enabled\": true}})';
    insert into country values ('de', 'Germany'), ('fr', 'France'), ('jp', 'Japan');
    insert into person select t, p, 'person ' || t || '.' || p, (array['de', 'fr', 'jp', null])[1 + (t + p) % 4]
        from generate_series(1, 6) as t, generate_series(1, 3) as p;
    insert into project select t, p, 'project ' || t || '.' || p, case when p < 4 then p end
        from generate_series(1, 6) as t, generate_series(1, 4) as p;
    insert into task select t, i, 1 + i % 4, case when i % 5 > 0 then 1 + i % 3 end, 'task ' || t || '.' || i, i % 3 = 0, i / 4.0,
            array['a', 'b' || i % 2], jsonb_build_object('size', i)
        from generate_series(1, 6) as t, generate_series(1, 20) as i;
    insert into comment select t, i, 1 + i % 18, 'comment ' || t || '.' || i from generate_series(1, 6) as t, generate_series(1, 40) as i;
    insert into setting values ('color', 'red'), ('size', 'large');";

/// Makes the schema anew.
pub(super) async fn create(client: &Client, is_distributed: bool) {
    drop(client).await;
    let distribution = if is_distributed { DISTRIBUTION } else { "" };
    let setup = format!(
        "create schema {SCHEMA}; set search_path = {SCHEMA};
        comment on schema {SCHEMA} is '@graphql({{\"inflect_names\": true}})'"
    );
    client.batch_execute(&setup).await.expect("the schema");
    for part in [TABLES, distribution, REST] {
        // Statement by statement: Citus does not allow all of them in one transaction.
        for statement in statements(part) {
            let made = client.batch_execute(&statement).await;
            made.unwrap_or_else(|error| panic!("{statement}\n{error:?}"));
        }
    }
}

/// Removes the schema, if it is there.
pub(super) async fn drop(client: &Client) {
    let dropped = client.batch_execute(&format!("drop schema if exists {SCHEMA} cascade")).await;
    dropped.expect("the schema is gone");
}

/// The statements of a script; those between dollar signs have semicolons of their own.
fn statements(script: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    for (place, part) in script.split("$$").enumerate() {
        let last = statements.last_mut().expect("a statement");
        if place % 2 == 1 {
            *last += "$$";
            *last += part;
            *last += "$$";
            continue;
        }
        let mut pieces = part.split(';');
        last.push_str(pieces.next().unwrap_or_default());
        statements.extend(pieces.map(str::to_owned));
    }
    statements.retain(|statement| !statement.trim().is_empty());
    statements
}
