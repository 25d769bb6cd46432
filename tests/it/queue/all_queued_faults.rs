//! `--queue all`: several servers and workers, and faults between them, with the real programs.

use std::time::Duration;

use futures_util::future::join_all;
use glowplug_local::{Redis, RedisOptions};
use serde_json::json;
use tempfile::TempDir;

use super::{NOTES, insert};
use crate::cli::program::{Program, command, open_folder};
use crate::harness;

/// Programs with one queue.
struct Site {
    redis: Redis,
    folder: TempDir,
    url: String,
}

impl Site {
    async fn new(setup: &str) -> Self {
        let redis = Redis::start(&RedisOptions::default()).expect("a Redis");
        let url = harness::cluster().url(&harness::database(setup).await);
        Self { redis, folder: open_folder(), url }
    }

    /// The address of a queue with a name.
    fn queue(&self, name: &str) -> String {
        format!("{}?queue={name}", self.redis.url())
    }

    /// A server, which has no connection string.
    fn serve(&self, arguments: &[&str]) -> Program {
        let mut command = command(self.folder.path());
        command.args(["serve", "--queue", "all", "--listen", "127.0.0.1:0"]).args(arguments);
        command.env("GLOWPLUG_REDIS_URL", self.redis.url());
        Program::start(&mut command, "address=", "listening")
    }

    fn work(&self, url: &str, arguments: &[&str]) -> Program {
        let mut command = command(self.folder.path());
        command.args(["worker", "--takeover-after", "1s", "--pool-size", "2"]).args(arguments);
        command.env("GLOWPLUG_REDIS_URL", self.redis.url()).env("DATABASE_URL", url);
        Program::start(&mut command, "concurrency=", "working")
    }

    /// Waits until a statement with that text runs.
    async fn until_running(&self, text: &str) {
        let admin = harness::connect(&self.url).await;
        let count = format!(
            "select count(*) from pg_stat_activity where query ilike '%{text}%' and state = 'active' \
             and datname = current_database() and pid <> pg_backend_pid()"
        );
        while harness::ask(&admin, &count).await.as_deref() == Some("0") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn until_ready(server: &Program) {
    while server.get("/readyz").await.0 != 200 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_and_two_workers_answer_everything_once() {
    let site = Site::new(NOTES).await;
    let _workers = [site.work(&site.url, &[]), site.work(&site.url, &[])];
    let servers = [site.serve(&[]), site.serve(&[])];
    for server in &servers {
        until_ready(server).await;
    }
    let writes = (1..=40).map(|id| {
        let server = &servers[usize::try_from(id % 2).unwrap()];
        async move { server.query(&insert(id, "a")).await }
    });
    for answer in join_all(writes).await {
        assert_eq!(answer["data"]["insertIntonoteCollection"]["affectedCount"], 1, "{answer}");
    }
    let reads = (1..=40).map(|id| {
        let server = &servers[usize::try_from(id % 2).unwrap()];
        async move { (id, server.query(&format!("{{ noteByPk(id: {id}) {{ id }} }}")).await) }
    });
    for (id, answer) in join_all(reads).await {
        assert_eq!(answer, json!({ "data": { "noteByPk": { "id": id } } }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_of_a_worker_that_is_killed_is_answered_by_another() {
    let site = Site::new(
        "create function nap() returns text stable language sql as $$ select pg_sleep(1.5)::text $$",
    )
    .await;
    let mut first = site.work(&site.url, &[]);
    let server = site.serve(&[]);
    until_ready(&server).await;
    let asking = server.query("{ nap }");
    let killing = async {
        site.until_running("nap").await;
        first.signal("KILL");
        first.wait();
        site.work(&site.url, &[])
    };
    let (answer, _second) = tokio::join!(asking, killing);
    assert_eq!(answer, json!({ "data": { "nap": "" } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_of_the_last_worker_fails_when_there_is_no_worker_left() {
    let site =
        Site::new("create function nap() returns text stable language sql as $$ select pg_sleep(9)::text $$")
            .await;
    let mut only = site.work(&site.url, &[]);
    let server = site.serve(&[]);
    until_ready(&server).await;
    let asking = server.query("{ nap }");
    let killing = async {
        site.until_running("nap").await;
        only.signal("KILL");
        only.wait();
    };
    let (answer, ()) = tokio::join!(asking, killing);
    assert_eq!(answer["errors"][0]["message"], "no worker answers; try again later", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_be_restarted_with_nothing_left() {
    let mut site = Site::new(NOTES).await;
    let _worker = site.work(&site.url, &[]);
    let server = site.serve(&[]);
    until_ready(&server).await;
    let read = "{ noteCollection { edges { node { id } } } }";
    let nothing = json!({ "data": { "noteCollection": { "edges": [] } } });
    assert_eq!(server.query(read).await, nothing);
    site.redis.kill();
    let answer = server.query(read).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    assert_eq!(server.get("/readyz").await, (503, "not ready: the queue cannot be reached\n".to_owned()));
    site.redis.restart().expect("Redis starts again");
    until_ready(&server).await;
    assert_eq!(server.query(read).await, nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_s_name_says_which_database_is_meant() {
    let site = Site::new("create table here (id integer primary key)").await;
    let there =
        harness::cluster().url(&harness::database("create table there (id integer primary key)").await);
    let _workers = [
        site.work(&site.url, &["--redis-url", &site.queue("here")]),
        site.work(&there, &["--redis-url", &site.queue("there")]),
    ];
    for (name, other) in [("here", "there"), ("there", "here")] {
        let server = site.serve(&["--redis-url", &site.queue(name)]);
        until_ready(&server).await;
        let answer = server.query(&format!("{{ {name}Collection {{ edges {{ node {{ id }} }} }} }}")).await;
        assert_eq!(answer, json!({ "data": { (format!("{name}Collection")): { "edges": [] } } }));
        let sdl = server.get("/schema.graphql").await.1;
        assert!(sdl.contains(&format!("type {name} ")) && !sdl.contains(&format!("type {other} ")), "{sdl}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_named_for_nothing_is_pointed_out_and_the_schema_is_printed_without_one() {
    let site = Site::new(NOTES).await;
    let _worker = site.work(&site.url, &[]);
    let server = site.serve(&["--database-url", &site.url]);
    assert!(server.printed().contains("not used: all operations are queued"), "{}", server.printed());
    until_ready(&server).await;
    let print = |arguments: &[&str]| {
        let mut command = command(site.folder.path());
        command.arg("schema").args(arguments).env("GLOWPLUG_REDIS_URL", site.redis.url());
        command.output().unwrap()
    };
    let printed = print(&["--queue", "all"]);
    let sdl = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    assert_eq!(sdl, server.get("/schema.graphql").await.1);
    let refused = print(&["--queue", "all", "--redis-url", &site.queue("nobody")]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && told.contains("no worker answers"), "{told}");
}

/// Errors are reported before anything starts, with what to do.
#[test]
fn settings_that_contradict_a_queue_for_all_operations_are_refused() {
    let folder = open_folder();
    for (arguments, told) in [
        (&["serve", "--queue", "all"][..], "--queue: there is no queue; say where it is with --redis-url"),
        (&["serve", "--queue", "everything"], "--queue: `everything` is none of off, mutations, all"),
        (
            &["worker", "--queue", "all", "--redis-url", "redis://localhost"],
            "database-url is not set, and only `glowplug serve --queue all` can do without it",
        ),
        (&["worker", "--redis-url", "redis://localhost"], "is not set; pass --database-url"),
    ] {
        let ended = command(folder.path()).args(arguments).output().unwrap();
        let printed = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success() && printed.contains(told), "{arguments:?}: {printed}");
    }
}
