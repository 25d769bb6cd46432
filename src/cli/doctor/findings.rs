//! The probe's results and a pooler's report -> lines of the report. Pure.

use crate::config::{self, PoolMode};
use crate::db::{
    FoundPoolMode, NamedStatements, PoolerFacts, ProbeReport, ProbeResult, Sessions, SettingEffect,
};

use super::code::Code;
use super::report::Check;

/// The oldest version that is supported, as PostgreSQL numbers them.
const OLDEST: u32 = 140_000;

/// The server itself.
pub(super) fn server(findings: &ProbeReport) -> Check {
    const SUBJECT: &str = "Server";
    if let Some(server) = findings.unsupported {
        return Check::new(SUBJECT, Code::ServerUnsupported, server.reason());
    }
    let Some(version) = findings.server_version else {
        return Check::new(SUBJECT, Code::ServerUnknown, "the server's version cannot be read");
    };
    let shown = format!("PostgreSQL {}.{}", version / 10_000, version % 10_000);
    if version < OLDEST {
        return Check::new(SUBJECT, Code::ServerTooOld, format!("{shown} is too old"));
    }
    if findings.is_standby == Some(true) {
        let found = format!("{shown}, a read-only standby: queries work, mutations fail");
        return Check::new(SUBJECT, Code::Standby, found);
    }
    if findings.is_read_only == Some(true) {
        let found = format!("{shown}, where transactions are read-only by default");
        return Check::new(SUBJECT, Code::ReadOnly, found);
    }
    Check::ok(SUBJECT, shown)
}

/// How server connections are lent, and whether that agrees with the settings.
pub(super) fn lending(
    findings: &ProbeReport,
    facts: Option<&PoolerFacts>,
    settings: &config::Database,
) -> Check {
    const SUBJECT: &str = "Pooler";
    let name = facts.map_or("a pooler", |facts| facts.version.as_str());
    let evidence = &findings.evidence;
    let found = match findings.lending {
        FoundPoolMode::Direct => format!("there is none ({evidence})"),
        FoundPoolMode::Session => format!("{name} in session mode ({evidence})"),
        FoundPoolMode::Transaction => format!("{name} in transaction mode ({evidence})"),
        FoundPoolMode::Statement => format!("{name} in statement mode ({evidence})"),
        FoundPoolMode::Unknown => {
            format!("how it lends server connections could not be found out ({evidence})")
        }
    };
    if let Some(unsafe_mode) = unsafe_mode(findings.lending, settings.pool_mode) {
        let found = format!("{found}, but pool-mode says {unsafe_mode}");
        return Check::new(SUBJECT, Code::PoolModeWrong, found);
    }
    match findings.lending {
        FoundPoolMode::Direct | FoundPoolMode::Transaction => Check::ok(SUBJECT, found),
        FoundPoolMode::Session => Check::new(SUBJECT, Code::SessionMode, found).advise(format!(
            "each of the {} connections of pool-size keeps one server connection: pool_mode = transaction serves many more clients",
            settings.pool_size
        )),
        FoundPoolMode::Statement => Check::new(SUBJECT, Code::StatementMode, found),
        FoundPoolMode::Unknown => Check::new(SUBJECT, Code::LendingUnknown, found),
    }
}

/// The setting, if it asks for more than the pooler gives.
fn unsafe_mode(lending: FoundPoolMode, setting: PoolMode) -> Option<&'static str> {
    match (lending, setting) {
        (FoundPoolMode::Transaction | FoundPoolMode::Statement, PoolMode::Session) => Some("session"),
        (FoundPoolMode::Transaction | FoundPoolMode::Statement, PoolMode::Direct) => Some("direct"),
        _ => None,
    }
}

/// The shards behind a `PgDog`, if there are any, and whether operations name theirs.
pub(super) fn shards(findings: &ProbeReport, names_shards: bool) -> Option<Check> {
    const SUBJECT: &str = "Shards";
    match (names_shards, findings.sharded(), findings.pgdog_shards) {
        (false, Some(why), _) => Some(Check::new(SUBJECT, Code::Sharded, why)),
        (true, Some(_), Some(shards)) => Some(Check::ok(
            SUBJECT,
            format!("{shards} behind PgDog; an operation goes to that of its caller's tenant"),
        )),
        (true, ..) => {
            let found = "the setting tenant has a sharding key, and no PgDog with several shards is here";
            Some(Check::new(SUBJECT, Code::NoShards, found))
        }
        (false, None, _) => None,
    }
}

/// How the pooler treats named statements, and what Glowplug does about it.
pub(super) fn statements(findings: &ProbeReport, settings: &config::Database) -> Check {
    const SUBJECT: &str = "Statements";
    let context = settings.context.unwrap_or_else(|| findings.context());
    if let ProbeResult::Fails(why) = findings.message(context) {
        let found =
            format!("a message of several statements, set up by {}, does not pass: {why}", context.name());
        return Check::new(SUBJECT, Code::MessagesSplit, found);
    }
    if let ProbeResult::Fails(why) = &findings.unnamed_statement {
        let found = format!("the extended protocol does not pass: {why}");
        return Check::new(SUBJECT, Code::ExtendedFails, found);
    }
    if let ProbeResult::Fails(why) = &findings.typed_writes {
        let found = format!("a write by the extended protocol does not end: {why}");
        return Check::new(SUBJECT, Code::WritesHeld, found);
    }
    let (protocol, operations) = (findings.protocol().name(), findings.protocols().operations.name());
    let found = match (&findings.named_statements, findings.lending) {
        (NamedStatements::AsGiven, FoundPoolMode::Transaction | FoundPoolMode::Statement) => {
            "named ones stay on one server connection and would get lost".to_owned()
        }
        (NamedStatements::AsGiven, _) => "named ones stay on their server connection".to_owned(),
        (NamedStatements::Tracked, _) => "named ones are tracked by the pooler".to_owned(),
        (NamedStatements::Renamed(why), _) => format!("named ones are renamed by the pooler, but {why}"),
        (NamedStatements::Unknown(why), _) => format!("what happens to named ones is not known: {why}"),
    };
    Check::ok(SUBJECT, format!("{found}; GraphQL operations travel {operations}, Diesel queries {protocol}"))
}

/// The pool's size against the pooler's limits.
pub(super) fn limits(
    facts: &PoolerFacts,
    lending: FoundPoolMode,
    settings: &config::Database,
) -> Option<Check> {
    const SUBJECT: &str = "Pool";
    let wanted = settings.pool_size;
    if let Some(most) = facts.max_client_conn.filter(|most| *most < wanted) {
        let found =
            format!("pool-size is {wanted}, and the pooler takes {most} clients of all (max_client_conn)");
        return Some(
            Check::new(SUBJECT, Code::MaxClientsLow, found)
                .advise(format!("raise max_client_conn, or set pool-size below {most}")),
        );
    }
    let server_connections = facts.pool_size?;
    if server_connections >= wanted {
        let found = format!("pool-size {wanted}, {server_connections} server connections at the pooler");
        return Some(Check::ok(SUBJECT, found));
    }
    let found = format!(
        "pool-size is {wanted}, and the pooler has {server_connections} server connections for this user"
    );
    Some(if lending == FoundPoolMode::Session {
        too_few_slots(
            format!("{found}, of which each client keeps one in session mode"),
            wanted,
            server_connections,
        )
    } else {
        let found = format!("{found}: the others wait in the pooler's queue");
        Check::new(SUBJECT, Code::PoolSizeAbove, found).advise(format!(
            "that is harmless; pool-size {server_connections} would wait in Glowplug's queue instead"
        ))
    })
}

/// Not every connection of the pool can have a server connection at once.
pub(super) fn too_few_slots(found: String, wanted: u32, slots: u32) -> Check {
    Check::new("Pool", Code::TooFewSlots, found)
        .advise(format!("or raise default_pool_size to {wanted}, or lower pool-size to {}", slots.max(1)))
}

/// How the pooler treats the settings of a session.
pub(super) fn sessions(sessions: &Sessions, options: Options) -> Check {
    const SUBJECT: &str = "Settings";
    if !sessions.left_behind.is_empty() {
        let left = sessions.left_behind.join(", ");
        return Check::new(
            SUBJECT,
            Code::LeftBehind,
            format!("a server connection still has what another client has set: {left}"),
        );
    }
    let fate = |wanted: fn(&SettingEffect) -> bool| {
        let chosen = sessions.startup.iter().filter(move |parameter| wanted(&parameter.fate));
        chosen.map(|parameter| parameter.name).collect::<Vec<_>>()
    };
    let ignored = fate(|fate| *fate == SettingEffect::Ignored);
    if options == Options::Given && ignored.contains(&"options") {
        let found = "the pooler ignores `options`, which the connection string has";
        return Check::new(SUBJECT, Code::OptionsIgnored, found);
    }
    let refused = fate(|fate| matches!(fate, SettingEffect::Refused(_)));
    let lost: Vec<String> = [("ignored", ignored), ("refused", refused)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("; at the start {} would be {what}", names.join(", ")))
        .collect();
    let kept = match sessions.settings {
        SettingEffect::Leaks => "a client's session settings leak to the next client; ",
        SettingEffect::Reset => "a client's session settings do not leak to the next client; ",
        _ => "",
    };
    Check::ok(SUBJECT, format!("{kept}Glowplug sets nothing for a session{}", lost.concat()))
}

/// Whether the connection string has `options`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Options {
    Given,
    NotGiven,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(version: u32) -> ProbeReport {
        ProbeReport { server_version: Some(version), is_standby: Some(false), ..ProbeReport::default() }
    }

    #[test]
    fn an_old_server_is_named() {
        assert_eq!(server(&findings(130_011)).code, Code::ServerTooOld);
        assert!(server(&findings(130_011)).found.contains("PostgreSQL 13.11"));
        assert_eq!(server(&findings(140_000)).code, Code::Fine);
    }

    #[test]
    fn shards_and_the_sharding_key_go_together() {
        let behind = |pgdog_shards| ProbeReport { pgdog_shards, ..findings(150_000) };
        let code = |shards, is_sharded| super::shards(&behind(shards), is_sharded).map(|check| check.code);
        assert_eq!([code(None, false), code(Some(1), false)], [None, None]);
        assert_eq!([code(Some(2), false), code(Some(2), true)], [Some(Code::Sharded), Some(Code::Fine)]);
        assert_eq!([code(None, true), code(Some(1), true)], [Some(Code::NoShards); 2]);
    }

    #[test]
    fn a_setting_that_requires_too_much_is_reported() {
        assert_eq!(unsafe_mode(FoundPoolMode::Transaction, PoolMode::Direct), Some("direct"));
        assert_eq!(unsafe_mode(FoundPoolMode::Session, PoolMode::Direct), None);
        assert_eq!(unsafe_mode(FoundPoolMode::Transaction, PoolMode::Auto), None);
    }
}
