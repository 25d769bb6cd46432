//! The log of changed tables: which queries run again, which do not, and that no change is missed, however it
//! is written.

use std::time::{Duration, Instant};

use glowplug::changes::{self, Changes, Report};
use glowplug::config::PoolMode;
use glowplug::db::Database;
use glowplug_local::{Cluster, ClusterOptions};
use serde_json::{Value, json};

use super::TITLES;
use super::stand::{Stand, Subscriber, identity};
use crate::cli::{run, text};
use crate::harness;
use crate::random::Random;

/// Tables that answers read in every possible way: by a key, a view, a policy, a function that reads another
/// table depending on a row, and partitions and children.
const SETUP: &str = "
    create table folder (id int primary key, name text not null);
    create table file (id int primary key, folder_id int not null references folder on delete cascade, name text not null);
    create table hidden (file_id int primary key);
    create table choice (which text not null);
    create table event (id int not null, day int not null, primary key (id, day)) partition by range (day);
    create table event_1 partition of event for values from (0) to (10);
    create table event_2 partition of event for values from (10) to (20);
    create table other (id int primary key);
    create view listing as select file.id, file.name, folder.name as folder from file join folder on folder.id = folder_id;
    create function is_hidden(file int) returns boolean stable parallel safe language sql security definer
        set search_path = public as 'select exists (select from hidden where file_id = $1)';
    create function chosen() returns text stable parallel safe language plpgsql security definer set search_path = public as $$
    begin
        if (select which from choice) = 'folders' then return (select string_agg(name, ',' order by id) from folder); end if;
        return (select string_agg(id::text, ',' order by id) from event);
    end $$;
    alter table file enable row level security;
    create policy shown on file using (not is_hidden(id));
    alter view listing set (security_invoker = on);
    insert into folder select n, 'folder ' || n from generate_series(1, 5) n;
    insert into file select n, n % 5 + 1, 'file ' || n from generate_series(1, 20) n;
    insert into choice values ('folders');
    comment on view listing is e'@graphql({\"primary_key_columns\": [\"id\"]})';
    grant select on folder, file, event, event_1, event_2, listing, note to live_user;";

/// Makes PostgreSQL use parallel workers wherever possible, in new sessions.
const PARALLEL: &str = "
    do $$ begin
        execute format('alter database %I set %I = on', current_database(),
            (select name from pg_settings where name in ('force_parallel_mode', 'debug_parallel_query')));
    end $$;
    select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();";

const LOGGED: [&str; 7] = ["note", "folder", "file", "hidden", "choice", "event", "other"];

const DOCUMENTS: [&str; 6] = [
    "subscription { folderCollection(first: 50, orderBy: [{id: AscNullsLast}]) { edges { node { name fileCollection(orderBy: [{id: AscNullsLast}]) { edges { node { name } } } } } } }",
    "subscription { fileCollection(first: 50, orderBy: [{id: AscNullsLast}]) { edges { node { name } } } }",
    "subscription { listingCollection(first: 50, orderBy: [{id: AscNullsLast}]) { edges { node { name folder } } } }",
    "subscription { chosen }",
    "subscription { eventCollection(first: 50, orderBy: [{id: AscNullsLast}, {day: AscNullsLast}]) { edges { node { id day } } } }",
    "subscription { event2Collection: event_2Collection(first: 50, orderBy: [{id: AscNullsLast}]) { edges { node { id day } } } }",
];

async fn set_up(stand: &Stand, tables: &[&str]) {
    let tables: Vec<String> = tables.iter().map(|table| format!("public.{table}")).collect();
    changes::set_up(&database(stand), &tables, &[]).await.expect("the log is made");
}

fn database(stand: &Stand) -> Database {
    Database::new(&stand.config.database).expect("a pool")
}

/// The number of scans of a table so far.
async fn scans(stand: &Stand, table: &str) -> i64 {
    // Sessions report their statistics about once a second.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let counted =
        format!("select seq_scan + coalesce(idx_scan, 0) from pg_stat_user_tables where relname = '{table}'");
    harness::ask(&stand.client, &counted).await.expect("a number").parse().expect("a number")
}

#[tokio::test]
async fn a_subscription_is_not_run_again_for_a_change_of_another_table() {
    let cluster = Cluster::start(ClusterOptions::throwaway()).expect("a PostgreSQL of its own");
    let stand = Stand::alone(&cluster).await;
    stand.execute(SETUP).await;
    set_up(&stand, &["note", "other"]).await;
    stand.engine.reload().await.expect("the catalogue is read");
    let mut ann = stand.subscribe("ann", TITLES).await;
    assert_eq!(ann.titles().await, ["of ann 1"]);
    stand.settle().await;
    let before = scans(&stand, "note").await;
    for id in 0..8 {
        stand.execute(&format!("insert into other values ({id})")).await;
        stand.settle().await;
    }
    assert_eq!(scans(&stand, "note").await, before, "it was run for changes of another table");
    // A table that is not logged may have changed at any time.
    stand.execute("insert into note values (10, 'ann', 'new')").await;
    assert_eq!(ann.titles().await, ["new", "of ann 1"]);
    // Policies and privileges are not logged, but their changes show all the same.
    stand.execute("drop policy own on note; create policy own on note using (id = 10)").await;
    assert_eq!(ann.titles().await, ["new"]);
}

/// Writes in one of several ways. Some leave no record.
async fn write_at_random(stand: &Stand, random: &mut Random) {
    let (id, folder, day) = (random.below(30) + 1, random.below(5) + 1, random.below(20));
    let statement = match random.below(16) {
        0 => format!(
            "insert into file values ({id}, {folder}, 'new') on conflict (id) do update set name = 'newer {}'",
            random.below(99)
        ),
        1 => format!(
            "delete from folder where id = {folder}; insert into folder values ({folder}, 'again {}')",
            random.below(99)
        ),
        2 => format!("update folder set name = 'named {}' where id = {folder}", random.below(99)),
        3 => format!("insert into hidden values ({id}) on conflict do nothing"),
        4 => "truncate hidden".to_owned(),
        5 => {
            format!("update choice set which = '{}'", if random.below(2) == 0 { "folders" } else { "events" })
        }
        6 => format!("insert into event values ({id}, {day}) on conflict do nothing"),
        7 => format!("insert into event_2 values ({id}, {}) on conflict do nothing", 10 + day % 10),
        8 => format!(
            "delete from event where id = {id} and day = {day}; update event set day = {day} where id = {id} and day = (select min(day) from event where id = {id})"
        ),
        9 => "truncate event".to_owned(),
        10 => format!(
            "begin; savepoint s; insert into event values ({id}, {day}) on conflict do nothing; rollback to s; delete from file where id = {id}; commit"
        ),
        11 => format!(
            "begin; set local session_replication_role = replica; update folder set name = 'replicated {}' where id = {folder}; commit",
            random.below(99)
        ),
        12 => format!(
            "alter table folder disable trigger all; update folder set name = 'quiet {}' where id = {folder}; alter table folder enable trigger all",
            random.below(99)
        ),
        13 => format!(
            "create table if not exists event_3 partition of event for values from (20) to (30); insert into event_3 values ({id}, 20) on conflict do nothing"
        ),
        14 => "truncate glowplug_live.change, glowplug_live.pruned".to_owned(),
        _ => {
            format!("update note set title = 'title {}' where id = {}", random.below(99), random.below(2) + 1)
        }
    };
    stand.execute(&statement).await;
}

/// Waits until a subscriber has the answer of the query.
async fn hold(stand: &Stand, document: &str, subscriber: &mut Subscriber, answer: &mut Value) {
    // Without a change, a query runs again after at least 15 seconds, which would be too late.
    let until = Instant::now() + Duration::from_secs(10);
    let query = document.replacen("subscription", "query", 1);
    let expected = harness::graphql_as(&stand.engine, &identity("ann"), &query, json!({})).await;
    while *answer != expected {
        let left = until.saturating_duration_since(Instant::now());
        let next = tokio::time::timeout(left, subscriber.answer()).await;
        *answer = next.unwrap_or_else(|_| panic!("{document}: {answer} and not {expected}"));
    }
}

#[tokio::test]
async fn each_subscriber_sees_what_sql_says_with_any_writer() {
    let mut random = Random(0x7ab1);
    let stand = Stand::with(PoolMode::Transaction, |config| {
        config.live.interval = Duration::from_millis(60);
        config.limits.page_size = Some(50);
        config.api.partitions = true;
    })
    .await;
    stand.execute(SETUP).await;
    stand.execute(PARALLEL).await;
    set_up(&stand, &LOGGED).await;
    stand.engine.reload().await.expect("the catalogue is read");
    let mut subscribers = Vec::new();
    for document in DOCUMENTS {
        let mut subscriber = stand.subscribe("ann", document).await;
        let answer = subscriber.answer().await;
        assert!(answer["data"].is_object() && answer.get("errors").is_none(), "{answer}");
        subscribers.push((document, subscriber, answer));
    }
    // Another session whose transactions end late.
    let late = harness::connect(&stand.url).await;
    for round in 0..60 {
        if random.below(3) == 0 {
            let begin = format!("begin; update folder set name = 'late {round}' where id = 1");
            late.batch_execute(&begin).await.expect("it begins");
            stand
                .execute(&format!("insert into event values ({}, 5) on conflict do nothing", 100 + round))
                .await;
            tokio::time::sleep(Duration::from_millis(150)).await;
            late.batch_execute("commit").await.expect("it ends");
        }
        for _ in 0..random.below(4) {
            write_at_random(&stand, &mut random).await;
        }
        for (document, subscriber, answer) in &mut subscribers {
            hold(&stand, document, subscriber, answer).await;
        }
        if random.below(6) == 0 {
            set_up(&stand, &LOGGED).await;
        }
    }
}

#[tokio::test]
async fn a_role_that_writes_can_neither_read_nor_write_nor_use_the_log() {
    let stand = Stand::new().await;
    set_up(&stand, &["note"]).await;
    stand.execute("grant insert, trigger on note to live_user; grant create on schema public to live_user; drop policy own on note; create policy own on note using (true)").await;
    stand.execute("set role live_user; insert into note values (10, 'ann', 'noted'); reset role").await;
    let noted = harness::ask(
        &stand.client,
        "select count(*) from glowplug_live.change where relation = 'note'::regclass",
    )
    .await;
    assert_eq!(noted.as_deref(), Some("1"));
    for attempt in [
        "delete from glowplug_live.change",
        "truncate glowplug_live.change",
        "insert into glowplug_live.pruned (before) values ('1')",
        "select glowplug_live.note()",
        "create table own (id int); create trigger t after insert on own for each statement execute function glowplug_live.note()",
        "alter table note disable trigger glowplug_live",
        "drop trigger glowplug_live on note",
    ] {
        let refused =
            stand.client.batch_execute(&format!("begin; set local role live_user; {attempt}")).await;
        let refused =
            refused.expect_err(attempt).as_db_error().expect("of the database").message().to_owned();
        assert!(refused.contains("denied") || refused.contains("must be owner"), "{attempt}: {refused}");
        stand.execute("rollback").await;
    }
}

#[tokio::test]
async fn servers_prune_the_log_and_what_was_removed_has_everything_run() {
    let stand = Stand::new().await;
    set_up(&stand, &["note"]).await;
    let engine = &stand.engine;
    let until = Instant::now() + Duration::from_secs(20);
    let before = loop {
        let (before, _) = engine.state(None).await.expect("a state").expect("it is new");
        stand.execute("update note set title = 'new' where id = 1").await;
        let (_, changes) = engine.state(Some(&before)).await.expect("a state").expect("it has changed");
        match changes {
            Changes::Of { changed, .. } => {
                assert!(!changed.is_empty(), "the change is noted");
                break before;
            }
            // A transaction of another test is older than the log.
            Changes::Anything => assert!(Instant::now() < until, "the log is not trusted"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let rows = "select count(*) from glowplug_live.change";
    assert_ne!(harness::ask(&stand.client, rows).await.as_deref(), Some("0"));
    // Records that are older than all running transactions can be removed.
    let mut known = engine.prune_changes(None).await.expect("a state");
    while harness::ask(&stand.client, rows).await.as_deref() != Some("0") {
        assert!(Instant::now() < until, "the log is not pruned");
        known = engine.prune_changes(known.as_ref()).await.expect("a state");
        assert!(known.is_some());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (_, changes) = engine.state(Some(&before)).await.expect("a state").expect("it has changed");
    assert_eq!(changes, Changes::Anything);
}

#[tokio::test]
async fn the_report_names_tables_that_may_change_without_a_note() {
    let stand = Stand::new().await;
    let database = database(&stand);
    assert_eq!(Report::of(&database).await.expect("a report"), None);
    stand.execute(SETUP).await;
    set_up(&stand, &LOGGED).await;
    let report = Report::of(&database).await.expect("a report").expect("there is a log");
    assert_eq!((report.logged, report.unlogged.len()), (9, 0));
    stand
        .execute(
            "alter table file disable trigger glowplug_live; alter table file enable trigger glowplug_live;
             create table event_3 partition of event for values from (20) to (30)",
        )
        .await;
    let report = Report::of(&database).await.expect("a report").expect("there is a log");
    assert_eq!(report.unlogged, ["public.file", "public.event_3"]);
    set_up(&stand, &LOGGED).await;
    let report = Report::of(&database).await.expect("a report").expect("there is a log");
    assert_eq!((report.logged, report.unlogged.len()), (10, 0));
    changes::remove(&database).await.expect("the log is removed");
    stand.execute("update note set title = 'free' where id = 1").await;
    assert_eq!(Report::of(&database).await.expect("a report"), None);
}

#[tokio::test]
async fn setup_makes_the_log_for_the_server_and_doctor_names_what_is_not_noted() {
    let stand = Stand::new().await;
    let role = format!(
        "live_{}",
        stand.url.rsplit_once('/').expect("a name").1.split('?').next().unwrap_or_default()
    );
    stand
        .execute(&format!("create role {role} login password 'secret'; grant select on note to {role}"))
        .await;
    let (_, place) = stand.url.rsplit_once('@').expect("a user");
    let url = format!("postgres://{role}:secret@{place}");
    let command = async |words: &[&str]| {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let run = move || run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(run).await.expect("the command ends")
    };

    let refused = command(&["setup", "--live-tables", "--database-url", &url]).await;
    assert!(text(&refused.stderr).contains("--live-tables public.task"), "{}", text(&refused.stderr));
    let refused = command(&["setup", "--live-tables", "public.nothing", "--database-url", &stand.url]).await;
    assert!(text(&refused.stderr).contains("there is no table public.nothing"), "{}", text(&refused.stderr));

    let words = ["setup", "--live-tables", "public.note", "--database-url", &url, "--direct-url", &stand.url];
    let made = command(&words).await;
    let told = format!("{role} can read which of 1 tables have changed");
    assert!(text(&made.stdout).contains(&told), "{}{}", text(&made.stdout), text(&made.stderr));

    let examined = command(&["doctor", &url]).await;
    assert!(
        text(&examined.stdout).contains("the changes of 1 tables are recorded"),
        "{}",
        text(&examined.stdout)
    );
    stand.execute("alter table note disable trigger all; alter table note enable trigger all").await;
    let examined = command(&["doctor", &url]).await;
    assert!(
        text(&examined.stdout).contains("those of public.note are not all"),
        "{}",
        text(&examined.stdout)
    );

    let gone = command(&["setup", "--live-tables", "--drop", "--database-url", &stand.url]).await;
    assert!(text(&gone.stdout).contains("are removed"), "{}", text(&gone.stderr));
    stand.execute(&format!("drop owned by {role}; drop role {role}")).await;
}
