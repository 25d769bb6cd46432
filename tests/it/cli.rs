//! The command line: the real binary, run in folders of its own.

mod dev;
pub(crate) mod diagram;
mod doctor;
pub(crate) mod program;
mod queue;
mod serve;

use std::process::Output;

use crate::harness;
use program::{command, open_folder, starter_migrations};

pub(crate) fn run(arguments: &[&str]) -> Output {
    let folder = open_folder();
    command(folder.path()).args(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn config_prints_what_holds_without_secrets() {
    let folder = open_folder();
    std::fs::write(folder.path().join("glowplug.toml"), "pool-size = 3\nlisten = '127.0.0.1:7'\n").unwrap();
    let output = command(folder.path())
        .env("DATABASE_URL", "postgres://ann:hush@db/app")
        .env("GLOWPLUG_LISTEN", "127.0.0.1:8")
        .args(["config", "--statement-timeout", "3s"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed = text(&output.stdout);
    for (setting, origin) in [
        ("database-url = \"postgres://ann:***@db/app\"", "DATABASE_URL"),
        ("listen = \"127.0.0.1:8\"", "GLOWPLUG_LISTEN"),
        ("pool-size = \"3\"", "glowplug.toml"),
        ("statement-timeout = \"3s\"", "--statement-timeout"),
        ("explore = \"directive\"", "default"),
    ] {
        let line = printed.lines().find(|line| line.starts_with(setting)).expect(setting);
        assert!(line.ends_with(&format!("# {origin}")), "{line}");
    }
    assert!(!printed.contains("hush"));
}

#[test]
fn problems_of_a_named_file_have_its_name() {
    let folder = open_folder();
    for (text, problem) in [
        ("pool-size = 'many'", "pool-size in other.toml: `many`"),
        ("pool-sise = 3", "did you mean `pool-size`?"),
        ("[roles.anon]\nmax-depth = 'deep'", "max-depth of [roles.anon] in other.toml: `deep`"),
        ("pool-size = ", "other.toml"),
    ] {
        std::fs::write(folder.path().join("other.toml"), text).unwrap();
        let output = command(folder.path()).args(["config", "--config", "other.toml"]).output().unwrap();
        let told = self::text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(problem) && told.contains("other.toml"), "{told}");
        assert!(!told.contains("glowplug.toml"), "{told}");
    }
}

#[test]
fn help_tells_defaults_and_variables_and_no_values() {
    let folder = open_folder();
    let output = command(folder.path())
        .env("DATABASE_URL", "postgres://ann:hush@db/app")
        .args(["serve", "--help"])
        .output()
        .unwrap();
    // The help is wrapped to the terminal's width.
    let printed = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        printed.contains("[default: 127.0.0.1:8080]") && printed.contains("[env: DATABASE_URL]"),
        "{printed}"
    );
    assert!(!printed.contains("hush"));
}

#[test]
fn the_short_help_is_short_and_the_long_one_has_what_the_command_reads() {
    let help = |arguments: &[&str]| {
        let output = run(arguments);
        assert!(output.status.success(), "{arguments:?}");
        text(&output.stdout)
    };
    for command in
        ["dev", "serve", "worker", "queue", "setup", "schema", "migrate", "token", "doctor", "config"]
    {
        let short = help(&[command, "-h"]);
        assert!(short.lines().count() <= 30, "{command}: {short}");
        assert!(!short.contains("--pool-size"), "{command}: {short}");
    }
    let is_in = |command: &str, flag: &str| help(&[command, "--help"]).contains(&format!("--{flag} "));
    for (command, flag, expected) in [
        ("serve", "pool-size", true),
        ("serve", "live", true),
        ("token", "jwt-secret", true),
        ("token", "pool-size", false),
        ("dev", "production", false),
        ("dev", "database-url", false),
        ("dev", "max-depth", true),
        ("migrate", "direct-url", true),
        ("migrate", "listen", false),
        ("worker", "redis-url", true),
        ("worker", "cors-origins", false),
    ] {
        assert_eq!(is_in(command, flag), expected, "{command} --{flag}");
    }
    let long = help(&["serve", "--help"]);
    let headings = [
        "Database:",
        "API:",
        "Limits of requests:",
        "Tokens and roles:",
        "HTTP:",
        "Live queries:",
        "Queue:",
        "Process:",
    ];
    assert!(headings.iter().all(|heading| long.lines().any(|line| line == *heading)), "{long}");
    // What a command does not read is still taken: scripts pass the same flags to several.
    let folder = open_folder();
    let signed = command(folder.path())
        .args([
            "token",
            "--role",
            "ann",
            "--pool-size",
            "3",
            "--jwt-secret",
            "a secret of more than thirty-two bytes",
        ])
        .output()
        .unwrap();
    assert!(signed.status.success(), "{}", text(&signed.stderr));
}

#[test]
fn shells_get_completions_and_manuals_a_page_for_each_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&run(&["completions", shell]).stdout);
        assert!(script.contains("pool-size") && script.contains("doctor"), "{shell}: {script}");
    }
    let folder = open_folder();
    let script = folder.path().join("completions.bash");
    std::fs::write(&script, run(&["completions", "bash"]).stdout).unwrap();
    let completed = std::process::Command::new("bash")
        .arg("-c")
        .arg("source \"$0\" && COMP_WORDS=(glowplug do) COMP_CWORD=1 && _glowplug glowplug do glowplug && echo \"${COMPREPLY[@]}\"")
        .arg(&script)
        .output()
        .unwrap();
    assert_eq!(text(&completed.stdout), "doctor\n", "{}", text(&completed.stderr));
    let page = text(&run(&["man"]).stdout);
    assert!(page.contains(".TH glowplug 1") && page.contains("doctor"), "{page}");
    let pages = folder.path().join("man");
    assert!(run(&["man", "--output", pages.to_str().unwrap()]).status.success());
    let serve = std::fs::read_to_string(pages.join("glowplug-serve.1")).unwrap();
    assert!(serve.contains("pool\\-size"), "{serve}");
    assert!(pages.join("glowplug-doctor.1").exists() && pages.join("glowplug.1").exists());
}

#[test]
fn senseless_arguments_end_with_code_2_and_say_what_to_do() {
    for (arguments, message) in [
        (&["serve"][..], "pass --database-url postgres://"),
        (
            &["serve", "--database-url", "postgres://h/d", "--pool-size", "many"],
            "--pool-size: `many` is no whole number",
        ),
        (&["serve", "--config", "missing.toml"], "cannot read missing.toml"),
        (&["dev", "--database-url", "postgres://h/d"], "run `glowplug serve --database-url"),
        (&["conjure"], "unrecognized subcommand 'conjure'"),
    ] {
        let output = run(arguments);
        let printed = text(&output.stderr);
        assert!(printed.contains(message), "{arguments:?}: {printed}");
        let expected = if message.starts_with("cannot read") { 1 } else { 2 };
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}");
    }
}

#[tokio::test]
async fn migrate_applies_what_is_pending_and_names_it() {
    let url = harness::cluster().url(&harness::database("").await);
    let migrate = |more: &[&str]| {
        let migrations = starter_migrations();
        let mut arguments =
            vec!["migrate", "--database-url", &url, "--migrations", migrations.to_str().unwrap()];
        arguments.extend(more);
        let output = run(&arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(migrate(&["--dry-run"]).lines().next(), Some("pending 2026-01-05-090000_task_board"));
    assert_eq!(migrate(&[]).lines().last(), Some("applied 2026-01-05-094500_roles_and_policies"));
    assert_eq!(migrate(&[]), "nothing to apply\n");
    let client = harness::connect(&url).await;
    assert_eq!(harness::ask(&client, "select count(*) from task").await.unwrap(), "360");
}

#[tokio::test]
async fn migrate_goes_past_the_pooler_and_says_which_connection_string_leads_nowhere() {
    let (nowhere, reached) =
        ("postgres://u@127.0.0.1:1/d", harness::cluster().url(&harness::database("").await));
    let migrate = |variables: &[(&str, &str)]| {
        let folder = open_folder();
        let mut command = command(folder.path());
        command.args(["migrate", "--migrations", starter_migrations().to_str().unwrap()]);
        command.envs(variables.iter().copied()).output().unwrap()
    };
    let output = migrate(&[("DATABASE_URL", nowhere), ("DIRECT_URL", &reached)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("applied "));
    let refused = "the database refuses connections";
    for (variables, named) in [
        (&[("DATABASE_URL", &*reached), ("DIRECT_URL", nowhere)][..], "DIRECT_URL"),
        (&[("DATABASE_URL", nowhere)][..], "DATABASE_URL"),
    ] {
        let output = migrate(variables);
        let printed = text(&output.stderr);
        assert!(printed.contains(&format!("{named}: {refused}")), "{printed}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[tokio::test]
async fn schema_prints_the_starters_sdl_which_is_in_the_repository() {
    let url = harness::cluster().url(&harness::starter_database().await);
    let output = run(&["schema", "--database-url", &url]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        printed == kept,
        "schema.graphql is not up to date; write it with `UPDATE=1 cargo test schema_prints`"
    );
    assert!(kept.contains("type Task implements Node"));
}

#[tokio::test]
async fn schema_explains_what_is_left_out_and_writes_files() {
    let setup = "create table keyless (name text); create table kept (id int primary key);
        create role reader; grant usage on schema public to reader";
    let url = harness::cluster().url(&harness::database(setup).await);
    let output = run(&["schema", "--explain", "--database-url", &url]);
    let printed = text(&output.stdout);
    assert!(printed.contains("keyless") && printed.contains("no primary key"), "{printed}");
    let told = text(&output.stderr);
    assert!(
        told.contains(
            "schema public as the connection's own user: 1 tables and views in the API, 1 left out"
        ),
        "{told}"
    );
    let output = run(&["schema", "--explain", "--json", "--role", "reader", "--database-url", &url]);
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&printed["role"], &printed["tables"]), (&"reader".into(), &0.into()), "{printed}");
    let problems = printed["problems"].as_array().unwrap();
    assert!(problems.iter().any(|problem| problem["object"] == "public.keyless"), "{printed}");
    let folder = open_folder();
    let file = folder.path().join("api.graphql");
    let output = run(&["schema", "--database-url", &url, "--output", file.to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty());
    assert!(std::fs::read_to_string(&file).unwrap().contains("keptCollection"));
    let output = run(&["schema", "--database-url", &url, "--role", "reader"]);
    assert!(!text(&output.stdout).contains("keptCollection"));
}

#[test]
fn an_old_flag_is_an_error_that_says_what_replaced_it() {
    let folder = open_folder();
    for flag in ["--only-persisted", "--max-fields=3", "--mutations"] {
        let ended = command(folder.path()).args(["serve", flag]).output().unwrap();
        let told = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{told}");
        let name = flag.split('=').next().unwrap();
        assert!(told.contains(&format!("{name} is no setting any more; set ")), "{told}");
    }
    for flags in [&["--context=function"][..], &["--production", "--context", "function", "--live"]] {
        let ended = command(folder.path()).arg("serve").args(flags).output().unwrap();
        let told = text(&ended.stderr);
        assert!(told.contains("as in auto,function"), "{told}");
    }
}
