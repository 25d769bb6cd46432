//! What the probe has seen, and what a pooler says of itself -> lines of the report. Pure.

use crate::config::{self, PoolMode};
use crate::db::{Findings, Lending, NamedStatements, Passage, Place, PoolerFacts};

use super::report::Check;
use super::trouble::is_supabase;

/// The oldest version that is supported, as PostgreSQL numbers them.
const OLDEST: u32 = 140_000;

/// The server itself.
pub(super) fn server(findings: &Findings) -> Check {
    const SUBJECT: &str = "Server";
    let Some(version) = findings.server_version else {
        return Check::trouble(SUBJECT, "server-unknown", "the server's version cannot be read")
            .advise("check that PostgreSQL stands behind the pooler");
    };
    let shown = format!("PostgreSQL {}.{}", version / 10_000, version % 10_000);
    if version < OLDEST {
        return Check::trouble(SUBJECT, "server-too-old", format!("{shown} is too old"))
            .advise("Glowplug wants PostgreSQL 14 or later");
    }
    if findings.is_standby == Some(true) {
        return Check::note(
            SUBJECT,
            "read-only-standby",
            format!("{shown}, a read-only standby: queries work, mutations fail"),
        )
        .advise("connect to the primary, or name both hosts and target_session_attrs=read-write");
    }
    Check::ok(SUBJECT, shown)
}

/// How server connections are lent, and whether that is what the settings say.
pub(super) fn lending(
    findings: &Findings,
    facts: Option<&PoolerFacts>,
    settings: &config::Database,
) -> Check {
    const SUBJECT: &str = "Pooler";
    let name = facts.map_or("a pooler", |facts| facts.version.as_str());
    let evidence = &findings.evidence;
    let found = match findings.lending {
        Lending::Direct => format!("none stands between ({evidence})"),
        Lending::Session => format!("{name} in session mode ({evidence})"),
        Lending::Transaction => format!("{name} in transaction mode ({evidence})"),
        Lending::Statement => format!("{name} in statement mode ({evidence})"),
        Lending::Unknown => format!("how it lends server connections cannot be told ({evidence})"),
    };
    if let Some(unsafe_mode) = unsafe_mode(findings.lending, settings.pool_mode) {
        return Check::trouble(
            SUBJECT,
            "pool-mode-wrong",
            format!("{found}, but pool-mode says {unsafe_mode}"),
        )
        .advise("set pool-mode to auto, which finds it out: named statements would get lost");
    }
    match findings.lending {
        Lending::Direct | Lending::Transaction => Check::ok(SUBJECT, found),
        Lending::Session => Check::note(SUBJECT, "session-mode", found).advise(format!(
            "each of the {} connections of pool-size keeps one server connection: pool_mode = transaction serves many more clients",
            settings.pool_size
        )),
        Lending::Statement => Check::note(SUBJECT, "statement-mode", found).advise(
            "GraphQL works; migrations and mutations with fields of your own program need transactions, so \
             pool_mode = transaction",
        ),
        Lending::Unknown => Check::note(SUBJECT, "lending-unknown", found)
            .advise("only what is safe everywhere will be used; nothing has to be done"),
    }
}

/// The setting, if it asks for more than the pooler gives.
fn unsafe_mode(lending: Lending, setting: PoolMode) -> Option<&'static str> {
    match (lending, setting) {
        (Lending::Transaction | Lending::Statement, PoolMode::Session) => Some("session"),
        (Lending::Transaction | Lending::Statement, PoolMode::Direct) => Some("direct"),
        _ => None,
    }
}

/// What becomes of named statements, and what is done about it.
pub(super) fn statements(findings: &Findings) -> Check {
    const SUBJECT: &str = "Statements";
    if let Passage::Fails(why) = &findings.several_statements {
        return Check::trouble(
            SUBJECT,
            "messages-split",
            format!("a message of several statements does not pass: {why}"),
        )
        .advise("each GraphQL operation is one message of several statements: use another pooler, or none");
    }
    let protocol = findings.protocol().name();
    let found = match (&findings.named_statements, findings.lending) {
        (NamedStatements::AsGiven, Lending::Transaction | Lending::Statement) => {
            "named ones stay on one server connection and would get lost".to_owned()
        }
        (NamedStatements::AsGiven, _) => "named ones stay where they are used".to_owned(),
        (NamedStatements::Tracked, _) => "named ones are tracked by the pooler".to_owned(),
        (NamedStatements::Renamed(why), _) => format!("named ones are renamed by the pooler, but {why}"),
        (NamedStatements::Unknown(why), _) => format!("what becomes of named ones is not known: {why}"),
    };
    let found = format!("{found}; GraphQL needs none, Diesel queries travel {protocol}");
    match &findings.unnamed_statement {
        Passage::Fails(why) => Check::note(
            SUBJECT,
            "extended-protocol-fails",
            format!("the extended protocol does not pass: {why}"),
        )
        .advise("GraphQL works; Diesel queries of your own program do not"),
        Passage::Passes | Passage::Unknown => Check::ok(SUBJECT, found),
    }
}

/// The pool's size against the pooler's limits.
pub(super) fn limits(facts: &PoolerFacts, lending: Lending, settings: &config::Database) -> Option<Check> {
    const SUBJECT: &str = "Pool";
    let wanted = settings.pool_size;
    if let Some(most) = facts.max_client_conn.filter(|most| *most < wanted) {
        let found =
            format!("pool-size is {wanted}, and the pooler takes {most} clients of all (max_client_conn)");
        return Some(
            Check::trouble(SUBJECT, "max-client-conn-below-pool-size", found)
                .advise(format!("raise max_client_conn, or set pool-size below {most}")),
        );
    }
    let server_connections = facts.pool_size?;
    let code = "pool-size-above-poolers";
    if server_connections >= wanted {
        return Some(Check::ok(
            SUBJECT,
            format!("pool-size {wanted}, {server_connections} server connections at the pooler"),
        ));
    }
    let found = format!(
        "pool-size is {wanted}, and the pooler has {server_connections} server connections for this user"
    );
    Some(if lending == Lending::Session {
        Check::trouble(
            SUBJECT,
            "too-few-slots",
            format!("{found}, of which each client keeps one in session mode"),
        )
        .advise("set pool_mode = transaction in PgBouncer")
        .advise(format!("or raise default_pool_size to {wanted}, or lower pool-size to {server_connections}"))
    } else {
        Check::note(SUBJECT, code, format!("{found}: the others wait in the pooler's queue")).advise(format!(
            "that is harmless; pool-size {server_connections} would wait in Glowplug's queue instead"
        ))
    })
}

/// What is known of the host by its name.
pub(super) fn host(place: &Place, lending: Lending) -> Option<Check> {
    const SUBJECT: &str = "Host";
    if is_supabase(place) {
        return Some(match (place.port, lending) {
            (5432, Lending::Session) => {
                Check::note(SUBJECT, "supabase-session-port", "Supabase's pooler, port 5432: session mode")
                    .advise(
                        "port 6543 is the same pooler in transaction mode, which serves many more clients",
                    )
            }
            (6543, _) => Check::ok(SUBJECT, "Supabase's pooler, port 6543: transaction mode"),
            _ => Check::ok(SUBJECT, "Supabase"),
        });
    }
    let is_rds_proxy = place.host.contains(".proxy-") && place.host.ends_with(".rds.amazonaws.com");
    is_rds_proxy.then(|| {
        Check::note(SUBJECT, "rds-proxy", "RDS Proxy, which keeps a server connection for a client after a SET or set_config")
            .advise("count on one server connection for each of pool-size, and watch the metric DatabaseConnectionsCurrentlySessionPinned")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(version: u32) -> Findings {
        Findings { server_version: Some(version), is_standby: Some(false), ..Findings::default() }
    }

    #[test]
    fn an_old_server_is_named() {
        assert_eq!(server(&findings(130_011)).code, "server-too-old");
        assert!(server(&findings(130_011)).found.contains("PostgreSQL 13.11"));
        assert_eq!(server(&findings(140_000)).code, "ok");
    }

    #[test]
    fn a_setting_that_asks_for_too_much_is_told() {
        assert_eq!(unsafe_mode(Lending::Transaction, PoolMode::Direct), Some("direct"));
        assert_eq!(unsafe_mode(Lending::Session, PoolMode::Direct), None);
        assert_eq!(unsafe_mode(Lending::Transaction, PoolMode::Auto), None);
    }
}
