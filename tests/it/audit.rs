//! The checks of npm `graphql-http`, which test a server against the GraphQL-over-HTTP specification.

use serde_json::Value;

use crate::server::Server;
use crate::{harness, node};

#[tokio::test]
async fn every_audit_of_graphql_over_http_is_passed() {
    let name = harness::database("create table task (id int primary key)").await;
    let server = Server::start(&harness::cluster().url(&name), |_| {}).await;
    let script = node::folder().join("audit.mjs");
    for path in ["/graphql", "/graphql/v1"] {
        let printed = node::run(&script, &[&server.url(path)], &node::folder()).await;
        let results: Vec<Value> = serde_json::from_str(&printed).unwrap();
        let failed: Vec<&Value> = results.iter().filter(|result| result["status"] != "ok").collect();
        assert!(failed.is_empty(), "{path}: {failed:#?}");
        assert_eq!(results.len(), 61, "{path}");
    }
}
