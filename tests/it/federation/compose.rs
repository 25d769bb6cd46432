//! Two servers as one supergraph, composed and asked by Apollo's own packages.

use serde_json::{Value, json};

use crate::server::Server;
use crate::{harness, node};

/// Accounts, and a function that looks for one.
const ACCOUNTS: &str = "
    comment on schema public is '@graphql({\"inflect_names\": true})';
    create type \"Level\" as enum ('free', 'paid');
    create table account (id int primary key, name text not null, level \"Level\" not null default 'free', tags text[], at timestamptz);
    insert into account values (1, 'Ada', 'paid', '{a}', '2024-01-01'), (2, 'Bo', 'free', null, null), (3, 'Cy', 'free', null, null);";

/// Purchases of accounts, which the view refers to.
const PURCHASES: &str = "
    comment on schema public is '@graphql({\"inflect_names\": true})';
    create table purchase (id int primary key, account_id int not null, amount numeric not null, at timestamptz);
    insert into purchase values (10, 1, 5, '2024-01-01'), (11, 2, 7.5, null), (12, 1, 2, null), (13, 9, 1, null);
    create view account as select distinct account_id as id from purchase;
    comment on view account is '@graphql({\"primary_key_columns\": [\"id\"], \"federation\": {\"stub\": true}})';
    comment on table purchase is '@graphql({\"foreign_keys\": [{\"local_name\": \"purchases\", \"local_columns\": [\"account_id\"],
        \"foreign_name\": \"account\", \"foreign_schema\": \"public\", \"foreign_table\": \"account\", \"foreign_columns\": [\"id\"]}]})';";

async fn server(setup: &str) -> Server {
    let database = harness::database(setup).await;
    Server::start(&harness::cluster().url(&database), |config| config.api.federation = true).await
}

/// What the gateway of these servers says.
async fn gateway(servers: &[(&str, &Server)], queries: &[&str]) -> Value {
    let subgraphs = servers.iter().map(|(name, server)| format!("{name}={}", server.url("/graphql")));
    let subgraphs = subgraphs.collect::<Vec<_>>().join(",");
    let arguments: Vec<_> = [subgraphs.as_str()].into_iter().chain(queries.iter().copied()).collect();
    let printed = node::run(&node::folder().join("federation.mjs"), &arguments, &node::folder()).await;
    serde_json::from_str(&printed).expect("the script prints JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_answers_queries_over_two_databases() {
    let (accounts, purchases) = (server(ACCOUNTS).await, server(PURCHASES).await);
    let found = gateway(
        &[("accounts", &accounts), ("purchases", &purchases)],
        &[
            "{ purchaseCollection(orderBy: [{id: AscNullsLast}]) { edges { node { id account { id name level } } } } }",
            "{ accountCollection(filter: {level: {eq: free}}) { edges { node { name purchases { edges { node { amount } } } } } pageInfo { hasNextPage } } }",
            "{ purchaseByPk(id: 12) { account { nodeId purchases(first: 1) { edges { node { id } } pageInfo { hasNextPage } } } } }",
        ],
    )
    .await;
    assert!(found["errors"].is_null(), "{found}");
    let data = |index: usize| {
        assert!(found["answers"][index]["errors"].is_null(), "{found}");
        &found["answers"][index]["data"]
    };
    let purchase = |id: i32, account: Value| json!({"node": {"id": id, "account": account}});
    let ada = json!({"id": 1, "name": "Ada", "level": "paid"});
    let bo = json!({"id": 2, "name": "Bo", "level": "free"});
    assert_eq!(data(0)["purchaseCollection"]["edges"].as_array().map(Vec::len), Some(4));
    assert_eq!(data(0)["purchaseCollection"]["edges"][0], purchase(10, ada.clone()));
    assert_eq!(data(0)["purchaseCollection"]["edges"][1], purchase(11, bo));
    assert_eq!(data(0)["purchaseCollection"]["edges"][2], purchase(12, ada));
    // The accounts do not have the last one.
    assert_eq!(data(0)["purchaseCollection"]["edges"][3], purchase(13, Value::Null));
    let asked = found["answers"][0]["asked"].as_array().expect("requests");
    let names: Vec<_> = asked.iter().map(|asked| asked["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["purchases", "accounts"], "one request of each: {found}");
    assert_eq!(asked[1]["variables"]["representations"].as_array().map(Vec::len), Some(4), "{found}");
    let of_bo = json!({"name": "Bo", "purchases": {"edges": [{"node": {"amount": "7.5"}}]}});
    let expected = json!({"edges": [{"node": of_bo}, {"node": {"name": "Cy", "purchases": null}}], "pageInfo": {"hasNextPage": false}});
    assert_eq!(data(1)["accountCollection"], expected);
    let of_ada = &data(2)["purchaseByPk"]["account"];
    assert!(of_ada["nodeId"].is_string(), "the accounts say it: {found}");
    assert_eq!(
        of_ada["purchases"],
        json!({"edges": [{"node": {"id": 10}}], "pageInfo": {"hasNextPage": true}})
    );
    let sdl = found["sdl"].as_str().expect("an SDL");
    for absent in ["node(nodeId", "_entities", "join__", "_Any"] {
        assert!(!sdl.contains(absent), "{absent}\n{sdl}");
    }
    for line in ["accountByPk(", "insertIntoAccountCollection(", "type Account implements Node {"] {
        assert!(sdl.contains(line), "{line}\n{sdl}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_one_name_do_not_compose_unless_one_of_them_is_a_stub() {
    let table = "create table thing (id int primary key, label text);";
    let (first, second) = (server(table).await, server(table).await);
    let found = gateway(&[("first", &first), ("second", &second)], &[]).await;
    let errors = found["errors"].to_string();
    assert!(errors.contains("thing.label") && errors.contains("Query.thingCollection"), "{found}");
    let stub = "create view thing as select 1 as id, 'own' as note;
        comment on view thing is '@graphql({\"primary_key_columns\": [\"id\"], \"federation\": {\"stub\": true}})';";
    let stub = server(stub).await;
    let found = gateway(
        &[("first", &first), ("stub", &stub)],
        &["{ thingCollection { edges { node { id note } } } }"],
    )
    .await;
    assert!(found["errors"].is_null(), "{found}");
}
