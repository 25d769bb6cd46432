//! The configuration: which layer has precedence, what is refused and how, that secrets stay secret, and that
//! the documentation of the settings is correct.

use std::path::Path;
use std::time::Duration;

use glowplug::config::{
    GetRequests, Introspection, Jwks, Limits, LogFormat, Origin, PoolMode, Profile, Raw, Settled, Text,
    markdown_table,
};

use crate::documented;

mod folded;

const URL: &str = "postgres://ann:hush@localhost:6543/app";

fn nothing(_: &str) -> Option<String> {
    None
}

fn flags() -> Raw {
    Raw { database_url: Some(Text(URL.to_owned())), ..Raw::default() }
}

/// The messages about a configuration file, beside a flag with the connection string.
fn problems_of(file: &str) -> String {
    match Settled::gather(&flags(), nothing, Some(file), Profile::Serve) {
        Ok(settled) => settled.check().unwrap_err().to_string(),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn the_defaults_are_sound() {
    for (profile, introspection, origins) in [
        (Profile::Serve, Introspection::Directive, &[][..]),
        (Profile::Dev, Introspection::On, &["localhost"]),
    ] {
        let config = Settled::gather(&flags(), nothing, None, profile).unwrap().check().unwrap();
        assert_eq!(config.database.pool_mode, PoolMode::Auto);
        assert_eq!(config.database.statement_timeout, Duration::from_secs(10));
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.api.schemas, ["public"]);
        assert_eq!(config.api.introspection, introspection);
        assert_eq!(config.http.cors_origins, origins);
        assert_eq!(config.limits.body_bytes, 1 << 20);
    }
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let file = "pool-size = 2\nschemas = ['file', 'other']\nlisten = '127.0.0.1:1'\nexpose = 'total-count, partitions'";
    let variable = |name: &str| match name {
        "GLOWPLUG_POOL_SIZE" => Some("3".to_owned()),
        "GLOWPLUG_LISTEN" => Some("127.0.0.1:2".to_owned()),
        "DATABASE_URL" => Some(URL.to_owned()),
        _ => None,
    };
    let flags = Raw { pool_size: Some(Text("4".to_owned())), ..Raw::default() };
    let settled = Settled::gather(&flags, variable, Some(file), Profile::Serve).unwrap();
    let config = settled.check().unwrap();
    assert_eq!((config.database.pool_size, settled.origin("pool-size")), (4, Some(&Origin::Flag)));
    assert_eq!(config.http.listen.port(), 2);
    assert_eq!(settled.origin("listen"), Some(&Origin::Environment));
    assert_eq!(config.api.schemas, ["file", "other"]);
    assert!(config.api.total_count && config.api.partitions && !config.api.aggregate);
    assert_eq!(settled.origin("schemas"), Some(&Origin::File));
    assert_eq!(settled.origin("watch"), Some(&Origin::Default));
    assert_eq!(config.database.url.expose(), URL);
}

#[test]
fn production_changes_defaults_and_nothing_that_was_set() {
    let set = "production = true\nmax-batch = 5";
    let production = Settled::gather(&flags(), nothing, Some(set), Profile::Serve).unwrap();
    let config = production.check().unwrap();
    assert_eq!(config.api.introspection, Introspection::Off);
    assert_eq!(config.http.get_requests, GetRequests::Persisted);
    assert!(!config.http.graphiql && !config.http.sdl);
    assert_eq!((config.limits.batch, production.origin("max-batch")), (5, Some(&Origin::File)));
    assert_eq!(production.origin("explore"), Some(&Origin::Production));
    let printed = production.to_string();
    let line = printed.lines().find(|line| line.starts_with("explore = \"off\"")).unwrap();
    assert!(line.ends_with("# production"), "{line}");

    let dev = Settled::gather(&flags(), nothing, Some(set), Profile::Dev).unwrap().check().unwrap();
    assert!(dev.http.graphiql && dev.api.introspection == Introspection::On);
    let serve = Settled::gather(&flags(), nothing, None, Profile::Serve).unwrap().check().unwrap();
    assert!(serve.http.graphiql && serve.http.sdl && serve.http.get_requests == GetRequests::On);
}

#[test]
fn production_refuses_what_is_plainly_unsafe() {
    let any_origin = problems_of("production = true\ncors-origins = '*'");
    assert!(any_origin.starts_with("cors-origins in glowplug.toml: with production on"), "{any_origin}");
    assert!(any_origin.contains("name your own origins"), "{any_origin}");
    let open = problems_of("production = true\nlisten = '0.0.0.0:8080'");
    assert!(open.starts_with("listen in glowplug.toml: with production on"), "{open}");
    assert!(open.contains("jwt-secret") && open.contains("anon-role"), "{open}");
    for known in ["anon-role = 'anon'", "jwt-keys = 'key.pem'"] {
        let file = format!("production = true\nlisten = '0.0.0.0:8080'\n{known}");
        let settled = Settled::gather(&flags(), nothing, Some(&file), Profile::Serve).unwrap();
        assert!(settled.check().is_ok(), "{known}");
    }
    assert_eq!(problems_of("production = 'yes'"), "production in glowplug.toml: `yes` is none of off, on");
}

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    let message = problems_of("pool_size = 3\nexplor = 'on'");
    assert!(message.contains("there is no setting `pool_size`; did you mean `pool-size`?"), "{message}");
    assert!(message.contains("`explor`; did you mean `explore`?"), "{message}");
    assert!(problems_of("pool-size = ").contains("glowplug.toml"));
    assert!(problems_of("pool-size = 1.5").contains("expected a text, a number"));
}

#[test]
fn all_problems_are_reported_at_once() {
    let message = problems_of(
        "listen = 'localhost'\npool-size = 0\npool-mode = 'pgbouncer'\nacquire-timeout = '5'\nwatch = 'never'
         statement-timeout = '0s'\nmax-depth = 'deep'\nmax-body = '1 stone'\ncors-origins = 'example.com'
         schemas = ' , '\nexplore = 'yes'\nlog = 'a=b=c'\nexpose = 'aggregates'",
    );
    assert_eq!(message.lines().count(), 13, "{message}");
    for part in [
        "listen in glowplug.toml: `localhost` is no address with a port; write for example 127.0.0.1:8080",
        "pool-size in glowplug.toml: `0` is no whole number from 1 to 10000",
        "pool-mode in glowplug.toml: `pgbouncer` is none of auto, transaction, statement, session, direct",
        "acquire-timeout in glowplug.toml: `5` is no duration; write for example 10s, 500ms or 2m",
        "statement-timeout in glowplug.toml: `0s` is out of range; it may be from 1ms to 24h",
        "explore in glowplug.toml: `yes` is none of on, off, directive",
    ] {
        assert!(message.contains(part), "{part}\n{message}");
    }
}

#[test]
fn a_missing_or_malformed_connection_string_says_what_to_do_and_is_not_shown() {
    let settled = Settled::gather(&Raw::default(), nothing, None, Profile::Serve).unwrap();
    let message = settled.check().unwrap_err().to_string();
    assert!(message.contains("--database-url: is not set; pass --database-url"), "{message}");
    let variable = |name: &str| (name == "DATABASE_URL").then(|| "mysql://ann:hush@db/app".to_owned());
    let settled = Settled::gather(&Raw::default(), variable, None, Profile::Serve).unwrap();
    let message = settled.check().unwrap_err().to_string();
    assert!(message.starts_with("DATABASE_URL: is no connection string"), "{message}");
    assert!(!message.contains("hush"));
}

#[test]
fn secrets_are_redacted_wherever_the_configuration_is_printed() {
    let settled = Settled::gather(&flags(), nothing, None, Profile::Serve).unwrap();
    let config = settled.check().unwrap();
    for printed in [settled.to_string(), format!("{settled:?}"), format!("{config:?}")] {
        assert!(!printed.contains("hush"), "{printed}");
    }
    assert!(settled.to_string().contains("postgres://ann:***@localhost:6543/app"));
}

#[test]
fn errors_about_tokens_and_roles_are_reported_at_once() {
    let message = problems_of(
        "jwt-secret = 'hush'\njwt-keys = 'ftp://host/keys'\njwt-role-claim = 'a..b'\nanon-role = 'none'
         jwt-issuer = ''",
    );
    for part in [
        "jwt-secret in glowplug.toml: has 4 bytes, which can be guessed; it must have 32 or more",
        "openssl rand -base64 48",
        "jwt-keys in glowplug.toml: `ftp` is no scheme",
        "jwt-role-claim in glowplug.toml: `a..b` names no claim",
        "anon-role in glowplug.toml: `none` cannot be the name of a role",
        "jwt-issuer in glowplug.toml: is set, but empty",
    ] {
        assert!(message.contains(part), "{part}\n{message}");
    }
    assert!(!message.contains("hush"), "{message}");
    for (keys, told) in [
        ("service_role", "key 1 has no role; write for example service_role=sb_secret_…"),
        ("a=0123456789012345678901234,b=hush", "key 2 can be guessed; it must have 24 letters or more"),
        ("a=hush.hush.hush.hush.hush.hush", "key 1 has a dot"),
        ("a=01234567890123456789 hush", "a letter that a header cannot have"),
        ("none=0123456789012345678901234", "`none` cannot be the name of a role"),
        ("=0123456789012345678901234", "`` cannot be the name of a role"),
        ("a=0123456789012345678901234,b=0123456789012345678901234", "key 2 is there twice"),
    ] {
        let message = problems_of(&format!("api-keys = '{keys}'"));
        assert!(message.contains(told), "{told}\n{message}");
        assert!(!message.contains("hush") && !message.contains("01234"), "{message}");
    }
    let message = problems_of("jwt-audience = 'app'\njwt-issuer = 'https://id/'");
    assert_eq!(message.matches("has no effect, because no key is set").count(), 2, "{message}");
    // An empty variable must not turn off authentication.
    let variable = |name: &str| (name == "GLOWPLUG_JWT_SECRET").then(String::new);
    let settled = Settled::gather(&flags(), variable, None, Profile::Serve).unwrap();
    let message = settled.check().unwrap_err().to_string();
    assert!(message.contains("GLOWPLUG_JWT_SECRET: is set, but empty"), "{message}");
}

#[test]
fn tokens_and_roles_are_read_as_they_are_meant() {
    let secret = "base64:aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoIGh1c2ggaHVzaA==";
    let file = format!(
        "jwt-secret = '{secret}'\njwt-keys = ['key.pem', 'https://id.example/keys']\njwt-audience = ['app', 'api']"
    );
    let settled = Settled::gather(&flags(), nothing, Some(&file), Profile::Serve).unwrap();
    let config = settled.check().unwrap();
    let jwt = config.auth.jwt.as_ref().unwrap();
    assert_eq!(jwt.secret.as_ref().unwrap().expose(), b"hush hush hush hush hush hush hush");
    assert_eq!(jwt.jwks, Some(Jwks::Url("https://id.example/keys".to_owned())));
    assert_eq!(jwt.key.as_deref(), Some(Path::new("key.pem")));
    assert_eq!(jwt.audiences, ["app", "api"]);
    assert_eq!(jwt.role_claim, ["role"]);
    for printed in [settled.to_string(), format!("{settled:?}"), format!("{config:?}")] {
        assert!(!printed.contains("aHVzaC") && !printed.contains("104, 117"), "{printed}");
    }
    for (text, path) in [
        ("app_metadata.role", vec!["app_metadata", "role"]),
        ("https://example.com/role", vec!["https://example.com/role"]),
    ] {
        let file = format!("{file}\njwt-role-claim = '{text}'");
        let settled = Settled::gather(&flags(), nothing, Some(&file), Profile::Serve).unwrap();
        assert_eq!(settled.check().unwrap().auth.jwt.unwrap().role_claim, path);
    }
}

#[test]
fn direct_url_is_used_for_what_needs_a_session() {
    let settled = |file| Settled::gather(&flags(), nothing, Some(file), Profile::Serve).unwrap();
    let pooled = settled("");
    assert_eq!(pooled.check().unwrap().database.session_url().expose(), URL);
    assert_eq!(pooled.session_label(), "--database-url");
    let direct = settled("direct-url = 'postgres://ann:hush@db:5432/app'");
    let config = direct.check().unwrap();
    assert_eq!(config.database.session_url().expose(), "postgres://ann:hush@db:5432/app");
    assert_eq!(config.database.url.expose(), URL);
    assert_eq!(direct.session_label(), "direct-url in glowplug.toml");
    assert!(direct.to_string().contains("direct-url = \"postgres://ann:***@db:5432/app\""), "{direct}");
    let wrong = problems_of("direct-url = 'hush'");
    assert_eq!(
        wrong,
        "direct-url in glowplug.toml: is no connection string; it begins with postgres:// or postgresql://"
    );
}

#[test]
fn the_printed_settings_are_a_configuration_file() {
    let settled = Settled::gather(&flags(), nothing, None, Profile::Dev).unwrap();
    let again =
        Settled::gather(&Raw::default(), nothing, Some(&settled.to_string()), Profile::Serve).unwrap();
    assert_eq!(again.check().unwrap().limits, settled.check().unwrap().limits);
    assert_eq!(again.value("explore"), Some("on"));
}

#[test]
fn the_documented_settings_are_the_real_ones() {
    documented::hold("docs/settings.md", "settings", &markdown_table(), "documented_settings");
}

#[test]
fn a_role_has_limits_of_its_own_over_all_others() {
    let file = "max-depth = 9\nmax-tokens = 500\n[roles.anon]\nmax-depth = 4\nmax-concurrency = 2\n['roles'.'odd one']\nmax-body = '1KiB'";
    let raw = Raw { max_depth: Some(Text("8".to_owned())), ..flags() };
    let settled = Settled::gather(&raw, nothing, Some(file), Profile::Serve).unwrap();
    let config = settled.check().unwrap();
    let (anon, odd) = (&config.role_limits["anon"], &config.role_limits["odd one"]);
    assert_eq!((config.limits.depth, anon.depth, odd.depth), (8, 4, 8));
    assert_eq!((config.limits.concurrency, anon.concurrency, odd.concurrency), (None, Some(2), None));
    assert_eq!((anon.aliases, odd.body_bytes), (5, 1024));
    let shown = settled.to_string();
    let lines: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with("[roles")).collect();
    assert_eq!(
        lines,
        [
            "[roles.\"anon\"]",
            "max-concurrency = \"2\"                        # glowplug.toml",
            "max-depth = \"4\"                              # glowplug.toml",
            "",
            "[roles.\"odd one\"]",
            "max-body = \"1KiB\"                            # glowplug.toml",
        ]
    );
    let again = Settled::gather(
        &flags(),
        nothing,
        Some(&shown.replace("max-depth = \"8\"", "max-depth = \"9\"")),
        Profile::Serve,
    );
    assert_eq!(
        again.unwrap().check().unwrap().role_limits["anon"],
        *anon,
        "what is printed can be read again"
    );
}

#[test]
fn errors_about_a_role_are_reported_with_their_place() {
    for (file, told) in [
        ("roles = 3", "glowplug.toml: `roles` has a table for each role; write for example [roles.anon]"),
        (
            "[roles]\nanon = 3",
            "glowplug.toml: `roles.anon` is no table; write for example [roles.anon] above max-depth = 5",
        ),
        (
            "[roles.anon]\nmax-dept = 3",
            "[roles.anon] in glowplug.toml: there is no limit `max-dept` for a role; did you mean `max-depth`?",
        ),
        (
            "[roles.anon]\nlisten = 'x'",
            "[roles.anon] in glowplug.toml: `listen` applies to the whole server; a role can have its own limits, such as `max-depth`",
        ),
        (
            "[roles.anon]\nmax-depth = 'deep'",
            "max-depth of [roles.anon] in glowplug.toml: `deep` is no whole number from 1 to 1000000000",
        ),
        (
            "max-depth = 0\n[roles.anon]\nmax-batch = 2",
            "max-depth in glowplug.toml: `0` is no whole number from 1 to 1000000000",
        ),
    ] {
        assert_eq!(problems_of(file), told);
    }
}

#[test]
fn there_are_fewer_settings_than_a_reader_gives_up_at() {
    let rows = markdown_table().lines().count() - 2;
    assert!(rows < 45, "{rows}");
}

#[test]
fn the_bounds_of_a_document_follow_its_tokens() {
    let limits = |file: &str| {
        let settled = Settled::gather(&flags(), nothing, Some(file), Profile::Serve).unwrap();
        settled.check().unwrap().limits
    };
    let of = |limits: Limits| (limits.fields, limits.aliases, limits.directives, limits.root_fields);
    assert_eq!(of(limits("")), (1000, 100, 50, 30));
    assert_eq!(of(limits("max-tokens = 40000")), (4000, 400, 200, 120));
    assert_eq!(of(limits("max-tokens = 7")), (1, 1, 1, 1));
    assert_eq!((limits("").errors, limits("explore = 'on'").errors), (5, 20));
}

#[test]
fn a_log_is_text_unless_json_is_configured() {
    let log = |text: &str| {
        let raw = Raw { log: Some(Text(text.to_owned())), ..flags() };
        let log = Settled::gather(&raw, nothing, None, Profile::Serve).unwrap().check().unwrap().log;
        (log.filter, log.format == LogFormat::Json)
    };
    assert_eq!(log("debug"), ("debug".to_owned(), false));
    assert_eq!(log("access, json"), ("access".to_owned(), true));
    assert_eq!(log("json"), ("info".to_owned(), true));
}
