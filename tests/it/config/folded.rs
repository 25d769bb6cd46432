//! Settings that are part of another setting now: the new forms, and the errors for the old names.

use std::path::Path;
use std::time::Duration;

use glowplug::config::{Config, ContextForm, Limits, PoolMode, Profile, Raw, Settled};

use super::{flags, nothing, problems_of};

fn checked(file: &str) -> Config {
    Settled::gather(&flags(), nothing, Some(file), Profile::Serve).unwrap().check().unwrap()
}

/// The error for a name of an earlier version: in the file, for a role, and in the environment.
#[test]
fn an_old_name_is_an_error_that_says_what_replaced_it() {
    let told = problems_of("introspection = 'on'\nqueue-shards = 2");
    assert!(
        told.contains("introspection in glowplug.toml: is no setting any more; set explore to on"),
        "{told}"
    );
    assert!(told.contains("queue-shards in glowplug.toml: is no setting any more"), "{told}");
    let told = problems_of("[roles.anon]\nmax-aliases = 3");
    assert!(
        told.contains("[roles.anon]")
            && told.contains("`max-aliases` is no setting any more; set max-tokens"),
        "{told}"
    );
    let variable = |name: &str| (name == "GLOWPLUG_ONLY_PERSISTED").then(|| "on".to_owned());
    let told = Settled::gather(&flags(), variable, None, Profile::Serve).unwrap_err().to_string();
    assert_eq!(told, "GLOWPLUG_ONLY_PERSISTED: is no setting any more; set documents to listed");
}

/// The new form has the value of the old one, from a file and from the environment.
#[test]
fn an_old_name_with_a_value_is_an_error_with_the_new_form() {
    for (name, value, told) in [
        ("context", "set_local", "add it to pool-mode as a second word, as in auto,set_local"),
        ("context", "auto", "remove it: this was its default"),
        (
            "max-message",
            "8MiB",
            "set max-body to a quarter of 8MiB: values may have four times as many bytes in SQL",
        ),
        ("live-interval", "250ms", "set live to 250ms"),
        ("live-connections", "8", "live queries use a quarter of pool-size, at least one connection"),
        (
            "replica-lag",
            "30s",
            "append ?max_lag=30s to each address in replica-url, with & behind other parameters",
        ),
        (
            "queue-name",
            "orders",
            "append ?queue=orders to the address in redis-url, with & behind other parameters",
        ),
        (
            "queue-bytes",
            "8MiB",
            "append ?memory=8MiB to the address in redis-url, with & behind other parameters",
        ),
        (
            "keep-results",
            "12h",
            "append ?keep=12h to the address in redis-url, with & behind other parameters",
        ),
        ("federation", "on", "add federation to expose"),
        ("federation", "off", "remove it: this was its default"),
        (
            "max-connections",
            "99",
            "as many clients may connect as the limit on open files allows: set LimitNOFILE or ulimit -n to 99",
        ),
    ] {
        let in_file = problems_of(&format!("{name} = '{value}'"));
        assert_eq!(in_file, format!("{name} in glowplug.toml: is no setting any more; {told}"));
        let variable = format!("GLOWPLUG_{}", name.to_uppercase().replace('-', "_"));
        let of = |asked: &str| (asked == variable).then(|| value.to_owned());
        let in_environment = Settled::gather(&flags(), of, None, Profile::Serve).unwrap_err().to_string();
        assert_eq!(in_environment, format!("{variable}: is no setting any more; {told}"));
    }
}

#[test]
fn the_pool_mode_may_have_the_form_of_the_context_beside_it() {
    for (text, mode, context) in [
        ("'auto'", PoolMode::Auto, None),
        ("'transaction'", PoolMode::Transaction, None),
        ("'transaction, set_local'", PoolMode::Transaction, Some(ContextForm::SetLocal)),
        ("['auto', 'function']", PoolMode::Auto, Some(ContextForm::Function)),
        ("'mixed'", PoolMode::Auto, Some(ContextForm::Mixed)),
    ] {
        let database = checked(&format!("pool-mode = {text}")).database;
        assert_eq!((database.pool_mode, database.context), (mode, context), "{text}");
    }
    for (text, told) in [
        (
            "auto,local",
            "`local` is none of auto, transaction, statement, session, direct; a second word may be set_config",
        ),
        ("", "`` is none of auto"),
        ("auto,session", "`auto,session` contradicts itself; write one mode"),
        ("mixed,set_local", "as in transaction,set_local"),
    ] {
        let problem = problems_of(&format!("pool-mode = '{text}'"));
        assert!(problem.starts_with("pool-mode in glowplug.toml: ") && problem.contains(told), "{problem}");
    }
}

#[test]
fn live_queries_have_an_interval_or_are_off() {
    for (text, is_on, interval) in
        [("on", true, 1000), ("1s", true, 1000), ("250ms", true, 250), ("off", false, 1000)]
    {
        let config = checked(&format!("live = '{text}'\nexpose = 'federation'"));
        assert_eq!(config.api.subscriptions, is_on, "{text}");
        assert_eq!(config.live.interval, Duration::from_millis(interval), "{text}");
        assert!(config.api.federation && !config.api.partitions);
    }
    for (size, connections) in [(1, 1), (7, 1), (16, 4)] {
        assert_eq!(checked(&format!("pool-size = {size}")).live.connections, connections);
    }
    let wrong = problems_of("live = 'sometimes'");
    assert!(wrong.starts_with("live in glowplug.toml: `sometimes` is no duration"), "{wrong}");
}

#[test]
fn the_values_of_an_operation_may_take_four_times_the_bytes_of_its_body() {
    let file = "max-body = '2MiB'\n[roles.anon]\nmax-body = '1KiB'";
    let config = checked(file);
    let of = |limits: &Limits| (limits.body_bytes, limits.message_bytes);
    assert_eq!(of(&config.limits), (2 << 20, 8 << 20));
    assert_eq!(of(&config.role_limits["anon"]), (1024, 4096));
}

#[test]
fn replicas_are_a_list_of_connection_strings_each_with_a_lag_of_its_own() {
    let [one, two] = [
        "postgres://ann:hush@r1,r2:6543/app?max_lag=off",
        "postgres://ann:hush@r3/app?max_lag=1m&sslmode=require",
    ];
    let three = "postgres://ann:hush@r4/app";
    for list in [format!("'{one},{two},{three}'"), format!("['{one}', '{two}', '{three}']")] {
        let file = format!("replica-url = {list}");
        let settled = Settled::gather(&flags(), nothing, Some(&file), Profile::Serve).unwrap();
        let database = settled.check().unwrap().database;
        let found: Vec<_> = database
            .replicas
            .iter()
            .map(|replica| (replica.url.expose().as_str(), replica.max_lag))
            .collect();
        let expected = [
            ("postgres://ann:hush@r1,r2:6543/app", None),
            ("postgres://ann:hush@r3/app?sslmode=require", Some(Duration::from_mins(1))),
            (three, Some(Duration::from_secs(10))),
        ];
        assert_eq!(found, expected);
        assert!(settled.to_string().contains("postgres://ann:***@r3/app?max_lag=1m&sslmode=require"));
        assert!(!format!("{settled} {database:?}").contains("hush"));
    }
    assert_eq!(
        problems_of("replica-url = 'r3'"),
        "replica-url in glowplug.toml: is no connection string; it begins with postgres:// or postgresql://"
    );
    assert_eq!(
        problems_of("replica-url = 'postgres://ann:hush@r3/app?max_lag=never'"),
        "replica-url in glowplug.toml: max_lag has to be off, or a duration from 1ms to 24h such as 10s"
    );
}

#[test]
fn addresses_of_redis_say_whether_it_is_a_cluster_and_who_signs_its_certificate() {
    let queue = |urls: &str| {
        let file = format!("queue = 'all'\nredis-url = {urls}");
        let settled = Settled::gather(&Raw::default(), nothing, Some(&file), Profile::Serve).unwrap();
        settled.check().unwrap().queue
    };
    for (urls, shown, is_cluster) in [
        ("'redis://one'", vec!["redis://one"], false),
        ("'redis://one,redis://two'", vec!["redis://one", "redis://two"], true),
        ("'redis+cluster://:hush@one'", vec!["redis://:hush@one"], true),
    ] {
        let queue = queue(urls);
        let redis = queue.redis.unwrap();
        assert_eq!(redis.urls.iter().map(|url| url.expose().as_str()).collect::<Vec<_>>(), shown);
        assert_eq!((redis.is_cluster, queue.shards), (is_cluster, if is_cluster { 8 } else { 1 }));
    }
    let encrypted = queue("'rediss://one?ca=/etc/ca.pem'").redis.unwrap();
    assert_eq!(encrypted.urls[0].expose(), "rediss://one");
    assert_eq!(encrypted.authority.as_deref(), Some(Path::new("/etc/ca.pem")));
    let plain = problems_of("redis-url = 'redis://:hush@one?ca=/etc/ca.pem'");
    assert!(plain.contains("no effect without TLS") && !plain.contains("hush"), "{plain}");
}

#[test]
fn the_address_of_redis_describes_the_queue_too() {
    let queue = |url: &str| checked(&format!("redis-url = '{url}'")).queue;
    let usual = queue("redis://:hush@one");
    assert_eq!(
        (usual.name.as_str(), usual.bytes, usual.keep_results),
        ("main", 64 << 20, Duration::from_hours(24))
    );
    let own =
        queue("rediss://:hush@one:7000/2?queue=orders&ca=/etc/ca.pem&memory=8MiB&protocol=resp3&keep=12h");
    assert_eq!(
        (own.name.as_str(), own.bytes, own.keep_results),
        ("orders", 8 << 20, Duration::from_hours(12))
    );
    let redis = own.redis.unwrap();
    assert_eq!(redis.urls[0].expose(), "rediss://:hush@one:7000/2?protocol=resp3");
    assert_eq!(redis.authority.as_deref(), Some(Path::new("/etc/ca.pem")));
    let cluster = queue("redis://one?queue=orders,redis://two?queue=orders,redis://three");
    assert_eq!(
        (cluster.name.as_str(), cluster.redis.unwrap().urls[1].expose().as_str()),
        ("orders", "redis://two")
    );
    for (url, told) in [
        ("redis://:hush@one?queue=a b", "queue has to be a name of letters, digits"),
        ("redis://:hush@one?queue=", "queue has to be a name"),
        ("redis://:hush@one?memory=0", "memory is 0; no operation could wait"),
        ("redis://:hush@one?memory=much", "memory has to be a size, such as 64MiB"),
        ("redis://:hush@one?keep=1", "keep has to be a duration from 1ms to 24h"),
        ("redis://:hush@one?keep=1s", "keep is shorter than a queued operation may take"),
        (
            "redis://:hush@one?keeps=hush",
            "none of those that are known: queue=NAME, memory=SIZE, keep=DURATION and ca=FILE",
        ),
        ("redis://:a?hush@one", "in a password, write ? as %3F"),
        ("redis://:a?b=hush@one", "in a password, write ? as %3F"),
        ("redis://one?db=2", "none of those that are known"),
        (
            "redis://:hush@one?queue=a,redis://:hush@two?queue=b",
            "has two values of queue; one holds for all addresses",
        ),
    ] {
        let problem = problems_of(&format!("redis-url = '{url}'"));
        assert!(
            problem.starts_with("redis-url in glowplug.toml: ") && problem.contains(told),
            "{url}: {problem}"
        );
        assert!(!problem.contains("hush"), "{problem}");
    }
}
