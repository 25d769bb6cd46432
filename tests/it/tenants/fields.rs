//! Fields written in Rust: their connection has the path of the tenant's schema, and there is none if that cannot be used.

use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use glowplug::config::PoolMode;
use glowplug::{FieldContext, FieldError, Server};
use serde_json::{Value, json};

use super::{config, database, identity};
use crate::harness;

/// A table that another schema on the path has, too.
const TITLE: &str = "(select title::text from task order by id limit 1)";

async fn title(context: FieldContext, _: Value) -> Result<String, FieldError> {
    let tenant = context.tenant().unwrap_or("none").to_owned();
    let mut connection = context.connection().await?;
    let found: String = diesel::select(diesel::dsl::sql::<Text>(TITLE)).get_result(&mut *connection).await?;
    Ok(format!("{tenant}: {found}"))
}

async fn rename(context: FieldContext, _: Value) -> Result<i32, FieldError> {
    let mut connection = context.connection().await?;
    let update = "update project set name = 'renamed' where id = 1";
    let count = diesel::sql_query(update).execute(&mut *connection).await?;
    i32::try_from(count).map_err(FieldError::internal)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_written_in_rust_sees_its_tenants_schema() {
    let database = database(&["a", "b"]).await;
    let builder = || Server::builder().query("title: String!", title).mutation("rename: Int", rename);
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let direct = harness::cluster().url(&database);
    for (url, pool_mode) in [(pooler.url(&database), PoolMode::Transaction), (direct, PoolMode::Direct)] {
        let config = config(&url, pool_mode);
        let server = builder().config(config).build().expect("a server");
        let engine = server.engine().expect("an engine");
        for tenant in ["a", "b", "a"] {
            let caller = identity(&tenant.into());
            let document = "{ title projectByPk(id: 2) { name } }";
            let answer = harness::graphql_as(engine, &caller, document, json!({})).await;
            let title = format!("{tenant}: task 1 of {tenant}");
            let expected =
                json!({ "title": title, "projectByPk": { "name": format!("second of {tenant}") } });
            assert_eq!(answer["data"], expected, "{answer}");
        }
        for document in ["{ title }", "mutation { rename }"] {
            let answer = harness::graphql_as(engine, &identity(&"c".into()), document, json!({})).await;
            let text = answer.to_string();
            assert!(text.contains("the request's tenant cannot be used here"), "{text}");
            assert!(!text.contains("of public"), "{text}");
        }
        let answer =
            harness::graphql_as(engine, &identity(&"b".into()), "mutation { rename }", json!({})).await;
        assert_eq!(answer["data"]["rename"], 1, "{answer}");
    }
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    let names = "select string_agg(name, ',') from (select name from a.project where id = 1 union all select name from b.project where id = 1) n";
    assert_eq!(harness::ask(&owner, names).await.as_deref(), Some("first of a,renamed"));
}
