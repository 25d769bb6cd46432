//! Services that can be recognised by the host's name or by their messages, and their special requirements. Pure.

use crate::db::{FoundPoolMode, Place, supavisor_code};

use super::code::Code;
use super::report::Check;

/// A service, recognised by the host's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Supavisor, or the dedicated pooler's shared host.
    SupabasePooler,
    /// The server itself, which has an IPv6 address only.
    SupabaseDirect,
    NeonPooler,
    NeonDirect,
    RdsProxy,
}

/// The service that the host belongs to.
pub(super) fn of(place: &Place) -> Option<Service> {
    let host = place.host.trim_end_matches('.').to_ascii_lowercase();
    if host.ends_with(".pooler.supabase.com") {
        return Some(Service::SupabasePooler);
    }
    if host.starts_with("db.") && host.ends_with(".supabase.co") {
        return Some(Service::SupabaseDirect);
    }
    if host.ends_with(".neon.tech") {
        let endpoint = host.split('.').next().unwrap_or_default();
        let is_pooler = endpoint.ends_with("-pooler");
        return Some(if is_pooler { Service::NeonPooler } else { Service::NeonDirect });
    }
    (host.contains(".proxy-") && host.ends_with(".rds.amazonaws.com")).then_some(Service::RdsProxy)
}

/// What is known of the host by its name.
pub(super) fn describe(place: &Place, lending: FoundPoolMode) -> Option<Check> {
    const SUBJECT: &str = "Host";
    Some(match of(place)? {
        Service::SupabasePooler => match (place.port, lending) {
            (5432, FoundPoolMode::Session) => {
                Check::new(SUBJECT, Code::SupabaseSession, "Supabase's pooler, port 5432: session mode")
            }
            (port, _) => Check::ok(SUBJECT, format!("Supabase's pooler, port {port}")),
        },
        Service::SupabaseDirect => Check::ok(SUBJECT, "Supabase, past its pooler"),
        Service::NeonPooler => Check::ok(SUBJECT, "Neon's pooler"),
        Service::NeonDirect => Check::new(SUBJECT, Code::NeonDirect, "Neon, past its pooler"),
        Service::RdsProxy => Check::new(SUBJECT, Code::RdsProxy, "RDS Proxy"),
    })
}

/// A service's own error messages.
pub(super) fn refusal(message: &str) -> Option<Code> {
    const WORDS: [(&str, Code); 14] = [
        // Supavisor before its messages got codes.
        ("Tenant or user not found", Code::TenantMissing),
        ("Max client connections reached", Code::MaxClients),
        ("max clients reached in session mode", Code::TooFewSlots),
        ("MaxClientsInSessionMode", Code::TooFewSlots),
        ("Endpoint ID is not specified", Code::NeonEndpoint),
        ("requested endpoint could not be found", Code::NeonEndpoint),
        ("connection is insecure", Code::TlsRequired),
        ("requires TLS connections", Code::TlsRequired),
        ("SSL connection is required", Code::TlsRequired),
        ("password that was provided for the role", Code::WrongPassword),
        ("has no credentials for the role", Code::UserUnknownAtPooler),
        // pgcat and Odyssey.
        ("No pool configured for database", Code::DatabaseMissing),
        ("route for '", Code::DatabaseMissing),
        ("could not get connection from the pool", Code::NoServerConnection),
    ];
    let by_words = || WORDS.into_iter().find(|(words, _)| message.contains(words)).map(|(_, code)| code);
    of_supavisor(message).or_else(by_words)
}

/// By the code that Supavisor puts in front of a message.
fn of_supavisor(message: &str) -> Option<Code> {
    Some(match supavisor_code(message)? {
        "ENOTFOUND" | "ENOIDENTIFIER" => Code::TenantMissing,
        "EAUTHQUERY" if message.contains("user not found") => Code::UserMissing,
        "EAUTHQUERY" | "EAUTHSECRETS" => Code::AuthQueryFailed,
        "EADDRNOTALLOWED" => Code::AddressForbidden,
        "ECIRCUITBREAKER" => Code::LoginsBlocked,
        "EMAXCONN" | "EMAXPOOLSREACHED" => Code::MaxClients,
        "EMAXCONNSESSION" => Code::TooFewSlots,
        "ESSLREQUIRED" => Code::TlsRequired,
        "ECHECKOUTTIMEOUT" | "EPOOLCHECKOUT" => Code::NoServerConnection,
        "ECHECKOUTFAILED" | "ECHECKOUTRETRIES" | "EDBHANDLEREXITED" | "EPOOLTERMINATING"
        | "ESUBSCRIBERETRIES" => Code::PoolerWithoutServer,
        _ => return None,
    })
}

/// The role in PostgreSQL: Supavisor takes what follows the last dot of a user for a tenant.
pub(super) fn role_of<'a>(user: &'a str, message: &str) -> &'a str {
    supavisor_code(message).and_then(|_| user.rsplit_once('.')).map_or(user, |(role, _)| role)
}

/// The form in which a service expects the user, if this one has another form.
pub(super) fn form_of_user(place: &Place) -> Option<&'static str> {
    let is_bare = of(place) == Some(Service::SupabasePooler) && !place.user.contains('.');
    is_bare.then_some("at Supabase's pooler the user is postgres.PROJECT, with the project's reference")
}

/// What to do if this machine cannot reach the host.
pub(super) fn other_way(place: &Place) -> Option<&'static str> {
    (of(place) == Some(Service::SupabaseDirect)).then_some(
        "Supabase's direct host has an IPv6 address only: take the transaction pooler's connection string from Connect \
         (port 6543), whose host ends with pooler.supabase.com",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(host: &str, port: u16, user: &str) -> Place {
        Place { host: host.to_owned(), port, user: user.to_owned(), database: "postgres".to_owned() }
    }

    #[test]
    fn hosts_tell_the_service() {
        for (host, service) in [
            ("aws-0-eu-west-1.pooler.supabase.com", Some(Service::SupabasePooler)),
            ("db.abcdefgh.supabase.co", Some(Service::SupabaseDirect)),
            ("ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech", Some(Service::NeonPooler)),
            ("ep-cool-darkness-123456.us-east-2.aws.neon.tech", Some(Service::NeonDirect)),
            ("app.proxy-abc123.eu-west-1.rds.amazonaws.com", Some(Service::RdsProxy)),
            ("app.abc123.eu-west-1.rds.amazonaws.com", None),
            ("supabase.com.example.org", None),
        ] {
            assert_eq!(of(&place(host, 5432, "u")), service, "{host}");
        }
    }

    #[test]
    fn the_port_of_session_mode_is_reported_with_the_other_one() {
        let pooler = |port| place("aws-0-eu-west-1.pooler.supabase.com", port, "postgres.abc");
        let code = |port, lending| describe(&pooler(port), lending).map(|check| check.code);
        assert_eq!(code(5432, FoundPoolMode::Session), Some(Code::SupabaseSession));
        assert_eq!(code(6543, FoundPoolMode::Transaction), Some(Code::Fine));
    }

    #[test]
    fn users_at_supabase_have_the_project_in_their_name() {
        let host = "aws-0-eu-west-1.pooler.supabase.com";
        assert!(form_of_user(&place(host, 6543, "postgres")).is_some());
        assert!(form_of_user(&place(host, 6543, "postgres.abcdefgh")).is_none());
        assert!(form_of_user(&place("localhost", 6543, "postgres")).is_none());
    }

    #[test]
    fn words_of_services_are_distinguished() {
        for (message, code) in [
            ("Tenant or user not found", Code::TenantMissing),
            ("(ENOTFOUND) tenant/user postgres.abc not found", Code::TenantMissing),
            (
                "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15",
                Code::TooFewSlots,
            ),
            ("(EMAXCONN) max client connections reached, limit: 200", Code::MaxClients),
            ("Max client connections reached", Code::MaxClients),
            ("(ENOIDENTIFIER) no tenant identifier provided", Code::TenantMissing),
            ("(EAUTHQUERY) user not found in the database", Code::UserMissing),
            (
                "(EAUTHQUERY) authentication query failed: connection to database not available",
                Code::AuthQueryFailed,
            ),
            ("(EADDRNOTALLOWED) address not in tenant allow_list: {127, 0, 0, 1}", Code::AddressForbidden),
            (
                "(ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked",
                Code::LoginsBlocked,
            ),
            ("(ESSLREQUIRED) SSL connection is required for user: postgres", Code::TlsRequired),
            ("(ECHECKOUTTIMEOUT) unable to check out connection", Code::NoServerConnection),
            ("(ECHECKOUTFAILED) checkout failed due to …", Code::PoolerWithoutServer),
            ("This RDS Proxy requires TLS connections", Code::TlsRequired),
            ("connection is insecure (try using `sslmode=require`)", Code::TlsRequired),
        ] {
            assert_eq!(refusal(message), Some(code), "{message}");
        }
        assert_eq!(refusal("password authentication failed for user \"x\""), None);
        assert_eq!(refusal("(EBANNED) tenant is banned: for a reason"), None);
        let missing = "(EAUTHQUERY) user not found in the database";
        assert_eq!(role_of("ada.lovelace.abc", missing), "ada.lovelace");
        assert_eq!(role_of("ada.lovelace", "role \"ada.lovelace\" does not exist"), "ada.lovelace");
    }
}
