//! The starter's migration of roles and policies: on hosts that allow less or grant more than a private
//! server, and its reversal.

use std::path::{Path, PathBuf};

use glowplug::db::{migrate, revert_last};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::harness::{self, ask, connect};

/// The rights of the roles: grants, policies and row security of the starter's schema, as one text.
const STATE: &str = "
    select string_agg(line, e'\\n' order by line) from (
        select relname || case when relrowsecurity then ' has row security ' else ' ' end || coalesce(relacl::text, '') from pg_class
            where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
        union all
        select attrelid::regclass || '.' || attname || ' ' || attacl::text from pg_attribute where attacl is not null
            and attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
        union all
        select proname || ' ' || coalesce(proacl::text, '') from pg_proc where pronamespace = 'public'::regnamespace
        union all
        select tablename || ': ' || policyname from pg_policies
        union all
        select table_name || '.' || column_name || ' = ' || column_default from information_schema.columns
            where table_schema = 'public'
    ) as states(line)";

const ROLES_AND_POLICIES: &str = "2026-01-05-094500_roles_and_policies";

#[tokio::test]
async fn a_user_who_may_not_create_the_roles_gets_advice() {
    let name = harness::database("").await;
    let admin = connect(&harness::cluster().url(&name)).await;
    let user = format!("limited_{name}");
    admin
        .batch_execute(&format!(
            "create role {user} login password 'x'; alter database {name} owner to {user}; alter schema public owner to {user}"
        ))
        .await
        .unwrap();
    let url = url_of(&user, &name);
    let error = migrate(&url, &migrations()).await.unwrap_err().to_string();
    let advice = format!("grant anon, authenticated to {user}");
    assert!(error.contains(ROLES_AND_POLICIES) && error.contains(&advice), "{error}");

    // Follows the advice.
    let missing = "do $$ begin create role anon nologin; exception when duplicate_object then null; end $$;
        do $$ begin create role authenticated nologin; exception when duplicate_object then null; end $$;";
    admin.batch_execute(missing).await.unwrap();
    admin.batch_execute(&advice).await.unwrap();
    assert_eq!(migrate(&url, &migrations()).await.unwrap(), [ROLES_AND_POLICIES]);
    let client = connect(&url).await;
    assert_eq!(as_role(&client, "anon", "select count(*) from task").await.unwrap().as_deref(), Some("180"));
    drop(client);
    admin
        .batch_execute(&format!(
            "reassign owned by {user} to current_user; drop owned by {user}; drop role {user}"
        ))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_host_that_grants_everything_to_all_roles_shows_no_more_than_another() {
    let generous = "
        do $$ begin create role anon nologin; exception when duplicate_object or unique_violation then null; end $$;
        alter default privileges grant all on tables to anon;
        alter default privileges grant all on functions to anon;";
    let name = harness::database(generous).await;
    let url = harness::cluster().url(&name);
    migrate(&url, &migrations()).await.unwrap();
    let client = connect(&url).await;
    for refused in
        ["select email from account", "select me()", "delete from label", "select access.account_id()"]
    {
        let error = as_role(&client, "anon", refused).await.unwrap_err();
        assert_eq!(
            error.code().map(tokio_postgres::error::SqlState::code),
            Some("42501"),
            "{refused}: {error}"
        );
    }
}

/// Autovacuum analyzes new tables at any time. An analyze waits for the transaction that made a grant on its table.
#[tokio::test]
async fn tables_may_be_analyzed_while_the_migrations_run() {
    let url = harness::cluster().url(&harness::database("").await);
    let analyzer = connect(&url).await;
    migrate(&url, &migrations()).await.unwrap();
    let analyzing = tokio::spawn(async move {
        let analyze = "analyze account, project, membership, task, comment, label, task_label";
        loop {
            analyzer.batch_execute(analyze).await.unwrap();
        }
    });
    for _ in 0..10 {
        assert_eq!(revert_last(&url, &migrations()).await.unwrap(), ROLES_AND_POLICIES);
        assert_eq!(migrate(&url, &migrations()).await.unwrap(), [ROLES_AND_POLICIES]);
    }
    assert!(!analyzing.is_finished());
    analyzing.abort();
}

#[tokio::test]
async fn the_way_back_leaves_what_was_there_before() {
    let url = harness::cluster().url(&harness::database("").await);
    let client = connect(&url).await;
    migrate(&url, &migrations()).await.unwrap();
    let with = ask(&client, STATE).await.unwrap();
    revert_last(&url, &migrations()).await.unwrap();
    let without = ask(&client, STATE).await.unwrap();
    for trace in ["anon=", "authenticated=", "access.", "has row security"] {
        assert!(with.contains(trace), "no {trace} in\n{with}");
        assert!(!without.contains(trace), "{trace} is left in\n{without}");
    }
    migrate(&url, &migrations()).await.unwrap();
    assert_eq!(ask(&client, STATE).await.unwrap(), with);
}

/// The result of a statement for a role without claims.
async fn as_role(
    client: &Client,
    role: &str,
    statement: &str,
) -> Result<Option<String>, tokio_postgres::Error> {
    client.batch_execute(&format!("begin; set local role {role}")).await?;
    let result = client.simple_query(statement).await;
    client.batch_execute("rollback").await?;
    Ok(result?.into_iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

fn url_of(user: &str, database: &str) -> String {
    let url = harness::cluster().url(database);
    let (_, address) = url.split_once('@').unwrap();
    format!("postgres://{user}:x@{address}")
}

fn migrations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")
}
