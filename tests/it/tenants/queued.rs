//! The queue: a mutation runs in the schema of its sender's tenant, and the same key of two tenants is not the same mutation.

use glowplug::config::{self, Config, PoolMode, Queued, Secret};
use glowplug::dispatch::Backend;
use glowplug::engine::{Extension, Identity};
use glowplug::queue::{Handling, Wait, Worker};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{config, database, with_claims};
use crate::harness;
use crate::ways;

const NAME: &str =
    "mutation { updateProjectCollection(set: {name: \"new\"}, filter: {id: {eq: 1}}) { records { name } } }";

/// Settings of a server whose mutations are queued, and those of its worker.
async fn queued(name: &str) -> (Config, Config, String) {
    let url = harness::cluster().url(&database(&["a", "b"]).await);
    let mut worker = config(&url, PoolMode::Direct);
    let urls = vec![Secret::new(ways::redis_url())];
    let redis = Some(config::Redis { urls, is_cluster: false, authority: None });
    worker.queue = config::Queue { redis, name: name.to_owned(), ..worker.queue };
    let mut server = worker.clone();
    server.queue.queued = Queued::Mutations;
    (server, worker, url)
}

/// A server and its worker, until `stop` is cancelled.
fn start(server: &Config, worker: &Config, stop: &CancellationToken) -> Backend {
    let backend = Backend::new(server, Extension::default()).expect("a server");
    let (running, stopped) = (backend.clone(), stop.clone());
    tokio::spawn(async move { running.run(stopped).await });
    let (worker, stopped) = (Worker::new(worker, Extension::default()).expect("a worker"), stop.clone());
    tokio::spawn(async move { worker.run(stopped).await });
    backend
}

/// The same person, of a tenant.
fn ann(tenant: &str) -> Identity {
    with_claims(&json!({ "sub": "ann", "org": { "tenant": tenant } }))
}

async fn send(backend: &Backend, tenant: &str, document: &str, key: Option<Uuid>) -> Value {
    let handling = Handling { key, wait: Wait::ForAnswer };
    let response = backend.respond(harness::request(document, &json!({})), &ann(tenant), handling).await;
    serde_json::from_slice(&response.body).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_one_tenant() {
    let (server, worker, url) = queued("tenants-keys").await;
    let stop = CancellationToken::new();
    let backend = start(&server, &worker, &stop);
    let (key, state) = (Uuid::new_v4(), "{ operation(id: \"KEY\") { state } }");
    let answer = send(&backend, "a", NAME, Some(key)).await;
    assert_eq!(answer["data"]["updateProjectCollection"]["records"], json!([{ "name": "new" }]), "{answer}");
    assert_eq!(send(&backend, "a", NAME, Some(key)).await, answer);
    let of_b = send(&backend, "b", NAME, Some(key)).await;
    assert_eq!(of_b["errors"][0]["extensions"]["code"], "CONFLICT", "{of_b}");
    let state = state.replace("KEY", &key.to_string());
    assert_eq!(send(&backend, "a", &state, None).await["data"]["operation"]["state"], "SUCCEEDED");
    assert_eq!(send(&backend, "b", &state, None).await["data"]["operation"], Value::Null);
    let owner = harness::connect(&url).await;
    let names = "select string_agg(name, ',') from (select name from a.project where id = 1 union all select name from b.project where id = 1) n";
    assert_eq!(harness::ask(&owner, names).await.as_deref(), Some("new,first of b"));
    stop.cancel();
}

/// It would run the mutation in the template, or in another tenant's schema.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_with_another_setting_does_not_run_it() {
    for (number, change) in [
        (|config: &mut Config| config.api.schema_per_tenant = None) as fn(&mut Config),
        |config: &mut Config| {
            let named_by = config::TenantSource::Claim(vec!["sub".to_owned()]);
            config.api.schema_per_tenant.as_mut().expect("a setting").named_by = named_by;
        },
    ]
    .into_iter()
    .enumerate()
    {
        let (server, mut worker, url) = queued(&format!("tenants-setting-{number}")).await;
        change(&mut worker);
        let stop = CancellationToken::new();
        let backend = start(&server, &worker, &stop);
        let answer = send(&backend, "a", NAME, None).await;
        let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains("differ in the setting tenant"), "{answer}");
        let owner = harness::connect(&url).await;
        let name = "select name from a.project where id = 1";
        assert_eq!(harness::ask(&owner, name).await.as_deref(), Some("first of a"));
        stop.cancel();
    }
}
