//! Settings that are part of another setting now: the new forms, and the errors for the old names.

use glowplug::config::{Config, ContextForm, PoolMode, Profile, Settled};

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
