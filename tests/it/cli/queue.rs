//! The queue's commands as a person runs them: `setup`, `worker`, `queue`, `dev --queue`.

use std::time::Duration;

use glowplug_local::{Redis, RedisOptions};
use serde_json::{Value, json};

use super::program::{Program, assert_gone, client, command, open_folder};
use super::text;
use crate::harness::{self, ask, connect};

const STREAM: &str = "glowplug:{main:0}:operations";

const NOTES: &str = "create table note (id integer primary key, body text not null)";

/// Each insert takes some time.
const SLOW: &str = "create table note (id integer primary key, body text not null);
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(1.5); return new; end $$;
    create trigger slow before insert on note for each row execute function slow()";

/// A database, a Redis and `glowplug serve --queue mutations`.
struct Site {
    folder: tempfile::TempDir,
    url: String,
    redis: Redis,
    serve: Program,
}

impl Site {
    async fn new(setup: &str) -> Self {
        let folder = open_folder();
        let redis = Redis::start(&RedisOptions::default()).expect("a Redis");
        let url = harness::cluster().url(&harness::database(setup).await);
        let mut serve = command(folder.path());
        serve.args(["serve", "--listen", "127.0.0.1:0", "--watch", "off", "--queue", "mutations"]);
        serve.env("GLOWPLUG_REDIS_URL", redis.url()).env("DATABASE_URL", &url);
        let serve = Program::start(&mut serve, "address=", "listening");
        Self { folder, url, redis, serve }
    }

    fn work(&self, url: &str, arguments: &[&str]) -> Program {
        let mut worker = command(self.folder.path());
        worker.args(["worker", "--watch", "off", "--takeover-after", "300ms"]).args(arguments);
        worker.env("GLOWPLUG_REDIS_URL", self.redis.url()).env("DATABASE_URL", url);
        Program::start(&mut worker, "concurrency=", "working")
    }

    /// `glowplug queue …`: whether it succeeded, and what it printed.
    fn queue(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut queue = command(self.folder.path());
        let output = queue.arg("queue").args(arguments).env("GLOWPLUG_REDIS_URL", self.redis.url()).output();
        let output = output.unwrap();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    /// Leaves a mutation in the queue, and returns its id.
    async fn leave(&self, id: u32) -> String {
        let post = client().post(self.serve.page("/graphql")).header("content-type", "application/json");
        let body = json!({ "query": insert(id) }).to_string();
        let accepted = post.header("prefer", "respond-async").body(body).send().await.unwrap();
        assert_eq!(accepted.status(), 202);
        let body: Value = serde_json::from_str(&accepted.text().await.unwrap()).unwrap();
        body["operation"]["id"].as_str().unwrap().to_owned()
    }

    async fn until(&self, id: &str, state: &str) {
        let query = format!("{{ operation(id: \"{id}\") {{ state }} }}");
        while self.serve.query(&query).await["data"]["operation"]["state"] != state {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn redis<T: redis::FromRedisValue>(&self, command: &str) -> T {
        harness::ask_redis(&self.redis, command)
    }

    async fn ask(&self, statement: &str) -> String {
        ask(&connect(&self.url).await, statement).await.unwrap_or_default()
    }

    async fn until_running(&self) {
        let running = "select count(*) from pg_stat_activity where query ilike '%insert into%note%' and state = 'active' \
            and datname = current_database() and pid <> pg_backend_pid()";
        while self.ask(running).await == "0" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn insert(id: u32) -> String {
    format!(
        "mutation {{ insertIntonoteCollection(objects: [{{ id: {id}, body: \"a\" }}]) {{ affectedCount }} }}"
    )
}

#[tokio::test]
async fn setup_makes_the_ledger_for_workers_of_few_rights() {
    let site = Site::new(&format!(
        "{NOTES}; do $$ begin create role queue_worker login; exception when duplicate_object then null; end $$; \
         grant all on note to queue_worker"
    ))
    .await;
    let setup = |arguments: &[&str]| {
        command(site.folder.path())
            .arg("setup")
            .args(arguments)
            .env("DATABASE_URL", &site.url)
            .output()
            .unwrap()
    };
    let nobody = setup(&["--grant-to", "nobody_of_that_name"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(
        text(&nobody.stderr).contains("role \"nobody_of_that_name\" does not exist"),
        "{}",
        text(&nobody.stderr)
    );
    assert_eq!(
        site.ask("select to_regclass('glowplug.operation') is null").await,
        "t",
        "all of it or nothing"
    );

    let user = format!("postgres://{}", harness::cluster().superuser());
    assert!(site.url.starts_with(&user), "{}", site.url);
    let worker_url = site.url.replacen(&user, "postgres://queue_worker", 1);
    let id = site.leave(1).await;
    let mut early = site.work(&worker_url, &[]);
    early.wait_for("run `glowplug setup` with a user who may");
    for what in ["is created", "was there already"] {
        let made = setup(&["--grant-to", "queue_worker"]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        assert_eq!(text(&made.stdout), format!("the ledger glowplug.operation {what}\n"));
    }
    site.until(&id, "FAILED").await;
    let id = site.leave(2).await;
    site.until(&id, "SUCCEEDED").await;
    assert_eq!(site.ask("select string_agg(id::text, ',') from note").await, "2");
}

#[tokio::test]
async fn dead_letters_are_listed_retried_and_dropped() {
    let site = Site::new(NOTES).await;
    let empty = "in the queue: 0 waiting, 0 running, 0 bytes; workers: 0\nthere are no dead letters\n";
    assert_eq!(site.queue(&["list"]), (Some(0), empty.to_owned()));
    let (first, second) = (site.leave(1).await, site.leave(2).await);
    // A consumer takes both entries, and never answers.
    let () = site.redis(&format!("XGROUP CREATE {STREAM} workers 0"));
    let _: redis::Value = site.redis(&format!("XREADGROUP GROUP workers gone STREAMS {STREAM} >"));
    let worker = site.work(&site.url, &["--attempts", "1"]);
    site.until(&second, "DEAD").await;
    site.until(&first, "DEAD").await;
    let (_, listed) = site.queue(&["list"]);
    for id in [&first, &second] {
        let told = format!(
            "{id}  attempts 1  role the connection's own user\n  a worker disappeared while it ran it\n"
        );
        assert!(listed.contains(&told), "{listed}");
    }
    assert!(listed.contains("\n  mutation { insertIntonoteCollection(objects: [{ id: 1"), "{listed}");

    assert_eq!(site.queue(&["retry", &first]), (Some(0), format!("queued again: {first}\n")));
    site.until(&first, "SUCCEEDED").await;
    assert_eq!(site.queue(&["drop", "--all"]), (Some(0), format!("dropped: {second}\n")));
    assert!(site.queue(&["list"]).1.ends_with("\nthere are no dead letters\n"));
    let (code, told) = site.queue(&["drop", &second]);
    assert_eq!(code, Some(2));
    assert!(told.contains(&format!("{second} is not among them; see `glowplug queue list`")), "{told}");
    assert_eq!(site.ask("select string_agg(id::text, ',') from note").await, "1");
    assert!(
        worker.printed().contains("the operation is a dead letter; see `glowplug queue list`"),
        "{}",
        worker.printed()
    );

    let folder = open_folder();
    let nowhere = command(folder.path()).args(["queue", "list"]).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(
        text(&nowhere.stderr).contains("say where the queue is with --redis-url"),
        "{}",
        text(&nowhere.stderr)
    );
}

#[tokio::test]
async fn a_stopping_worker_drains_and_leaves_the_rest_to_others() {
    let site = Site::new(SLOW).await;
    let mut patient = site.work(&site.url, &["--pool-size", "1"]);
    let (first, second) = (site.leave(1).await, site.leave(2).await);
    site.until_running().await;
    assert_eq!(patient.stop("TERM").code(), Some(0), "{}", patient.printed());
    assert_eq!(site.ask("select string_agg(id::text, ',') from note").await, "1", "it finished what it had");
    site.until(&first, "SUCCEEDED").await;
    assert_eq!(site.redis::<u64>(&format!("XLEN {STREAM}")), 1, "and took no more");

    let mut hasty = site.work(&site.url, &["--pool-size", "1", "--drain-timeout", "100ms"]);
    site.until_running().await;
    assert_eq!(hasty.stop("TERM").code(), Some(0), "{}", hasty.printed());
    assert!(hasty.printed().contains("operations left to other workers operations=1"), "{}", hasty.printed());
    assert_eq!(site.redis::<u64>(&format!("XLEN {STREAM}")), 1, "it stays in the queue");

    let _third = site.work(&site.url, &[]);
    site.until(&second, "SUCCEEDED").await;
    assert_eq!(site.ask("select string_agg(id::text, ',' order by id) from note").await, "1,2");
}

#[tokio::test]
async fn a_stopping_server_waits_for_the_answers_of_the_queue() {
    let mut site = Site::new(SLOW).await;
    let _worker = site.work(&site.url, &[]);
    let query = insert(1);
    let asking = site.serve.query(&query);
    let stopping = async {
        site.until_running().await;
        site.serve.signal("TERM");
    };
    let (answer, ()) = tokio::join!(asking, stopping);
    assert_eq!(answer["data"]["insertIntonoteCollection"]["affectedCount"], 1, "{answer}");
    assert_eq!(site.serve.wait().code(), Some(0));
}

#[tokio::test]
async fn dev_starts_a_queue_and_a_worker_and_leaves_nothing_behind() {
    let folder = open_folder();
    let arguments = ["--queue", "--pooler"];
    let mut dev = Program::dev(folder.path(), &arguments);
    let redis = dev.word_after("queue      ");
    assert!(redis.starts_with("redis://127.0.0.1:"), "{}", dev.printed());
    let database = connect(&dev.word_after("database   ")).await;
    database.batch_execute(NOTES).await.unwrap();
    dev.time_until_sdl_has("insertIntonoteCollection").await;
    let answer = dev.query(&insert(1)).await;
    assert_eq!(answer, json!({ "data": { "insertIntonoteCollection": { "affectedCount": 1 } } }));
    assert_eq!(ask(&database, "select count(*) from glowplug.operation").await.unwrap(), "1", "by the queue");

    let elsewhere = ["dev", "--queue", "--redis-url=redis://elsewhere"];
    let refused = command(folder.path()).args(elsewhere).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("starts a Redis of its own"), "{}", text(&refused.stderr));
    assert_eq!(dev.stop("INT").code(), Some(0), "{}", dev.printed());
    assert!(!dev.printed().contains("WARN"), "{}", dev.printed());
    assert_gone(folder.path().to_str().unwrap());

    // The next one uses the same folder with the data in it, and one that was killed leaves nothing either.
    let mut again = Program::dev(folder.path(), &arguments);
    assert_eq!(again.word_after("queue      "), redis);
    again.signal("KILL");
    again.wait();
    assert_gone(folder.path().to_str().unwrap());
    let reset = Program::dev(folder.path(), &[&arguments[..], &["--reset"]].concat());
    assert_eq!(reset.query("{ __typename }").await, json!({ "data": { "__typename": "Query" } }));
}
