//! Why there is no connection -> the name of the problem, and what to do about it. Pure: the caller passes the message and
//! its source.

use crate::db::{Place, Reason, Unavailable};

use super::code::Code;
use super::report::Check;
use super::service;
use super::sniff::{Listener, Tls};

/// A failed connection, and the results of the checks after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal<'a> {
    pub(super) failure: &'a Unavailable,
    pub(super) place: &'a Place,
    pub(super) listener: Listener,
    pub(super) by_tls: ByTls,
}

/// The result of the same attempt with TLS, if the first one was without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByTls {
    Untried,
    /// It got further.
    Further,
    /// It was refused in the same way.
    Refused,
}

/// The problem, and what to do.
pub(super) fn explain(refusal: &Refusal<'_>) -> Check {
    let Refusal { failure, place, .. } = refusal;
    let code = code(refusal);
    let about = code.about().meaning.trim_end_matches('.');
    let found = match (code, refusal.listener) {
        (Code::NotPostgresql, Listener::Other(service)) => {
            format!("what answers at {} speaks {service}, not PostgreSQL's protocol", at(place))
        }
        (Code::NotPostgresql, _) => {
            format!("what answers at {} does not speak PostgreSQL's protocol", at(place))
        }
        (Code::Refused, _) => format!("nothing listens at {} ({})", at(place), failure.message),
        (Code::HostNotFound, _) => format!("the host {:?} has no address", place.host),
        (Code::Timeout, _) => format!("no packet comes back from {}", at(place)),
        (Code::Silent, _) => format!("{} accepts the connection, and then never answers", at(place)),
        (Code::LoginHeld, _) => {
            format!("{} speaks PostgreSQL's protocol, but does not complete the login in time", at(place))
        }
        (Code::PasswordMissing, _) => failure.message.clone(),
        (Code::WrongPassword, _) => {
            format!("user or password of {:?} is wrong: {}", place.user, failure.message)
        }
        _ => format!("{}: {}", decapitalised(about), failure.message),
    };
    let check = Check::new("Connection", code, found);
    particular(code, refusal).into_iter().fold(check, Check::advise)
}

/// Advice that contains names.
fn particular(code: Code, Refusal { place, failure, .. }: &Refusal<'_>) -> Vec<String> {
    let Place { user, database, .. } = place;
    let role = service::role_of(user, &failure.message);
    let of_service = match code {
        Code::WrongPassword | Code::TenantMissing => service::form_of_user(place),
        Code::HostNotFound | Code::Timeout | Code::Refused => service::other_way(place),
        _ => None,
    };
    let named = match code {
        Code::UserMissing => Some(format!("create role {role} login password '…';")),
        Code::LoginForbidden => Some(format!("alter role {user} login;")),
        Code::ConnectNotGranted => Some(format!("grant connect on database {database} to {user};")),
        Code::DatabaseMissing => {
            Some(format!("check the name behind the last slash of the connection string: {database:?}"))
        }
        Code::UserUnknownAtPooler => Some(format!(
            "add {user:?} to PgBouncer's auth_file, or let its auth_query find it: run that by hand as auth_user, it returns no row"
        )),
        Code::RoleLimit => {
            Some(format!("alter role {user} connection limit -1; or lower pool-size to its limit"))
        }
        Code::DatabaseLimit => {
            Some(format!("alter database {database} connection limit -1; or lower pool-size to its limit"))
        }
        Code::NoConnection | Code::TlsFailed => Some("read the log of the other side".to_owned()),
        _ => None,
    };
    of_service.map(str::to_owned).into_iter().chain(named).collect()
}

/// The name of the problem.
fn code(refusal: &Refusal<'_>) -> Code {
    let Refusal { failure, place, listener, by_tls } = refusal;
    let message = failure.message.as_str();
    if let Listener::Other(_) = listener {
        return Code::NotPostgresql;
    }
    if let Some(code) = service::refusal(message) {
        return code;
    }
    if *by_tls == ByTls::Further || message.contains("SSL required") {
        return Code::TlsRequired;
    }
    match failure.reason {
        Reason::Refused => Code::Refused,
        Reason::HostNotFound => Code::HostNotFound,
        Reason::Timeout => match listener {
            Listener::Silent | Listener::Unchecked => Code::Silent,
            Listener::Postgresql(_) => Code::LoginHeld,
            Listener::Unreachable => Code::Timeout,
            Listener::Other(_) | Listener::Unknown => Code::NotPostgresql,
        },
        Reason::Tls => tls(message, *listener),
        _ if failure.sqlstate.is_none() && *listener == Listener::Unknown => Code::NotPostgresql,
        Reason::NotReady if failure.sqlstate.is_some() => not_ready(message),
        Reason::TooManyConnections => too_many(message),
        Reason::DatabaseMissing => Code::DatabaseMissing,
        _ => said(message, &place.user).unwrap_or(match failure.reason {
            Reason::Authentication => Code::WrongPassword,
            Reason::Pooler => Code::PoolerWithoutServer,
            _ => Code::NoConnection,
        }),
    }
}

/// By the message of the server or the pooler. PgBouncer passes the server's message on, with its own SQLSTATE.
fn said(message: &str, user: &str) -> Option<Code> {
    let is_foreign = named_user(message).is_some_and(|named| !is_user(named, user));
    Some(match message {
        _ if message.contains("there is none") => Code::PasswordMissing,
        _ if message.starts_with("channel_binding=require") => Code::ChannelBinding,
        _ if message.contains("bouncer config error") || message.contains("auth_query") => {
            Code::AuthQueryFailed
        }
        // The server's message names another user than ours: the server refuses the pooler.
        _ if is_foreign => Code::PoolerLogin,
        _ if message.contains("no such user") || message.contains("\"trust\"") => Code::UserUnknownAtPooler,
        _ if message.contains("pg_hba.conf") => Code::HbaMissing,
        _ if message.starts_with("role ") && message.ends_with("does not exist") => Code::UserMissing,
        _ if message.contains("not permitted to log in") => Code::LoginForbidden,
        _ if message.contains("client certificate") || message.contains("certificate authentication") => {
            Code::ClientCertificate
        }
        _ if message.contains("permission denied for database") => Code::ConnectNotGranted,
        _ if message.contains("unsupported startup parameter") => Code::ParameterRefused,
        _ if message.contains("is disabled") => Code::Disabled,
        _ if message.contains("query_wait_timeout") => Code::NoServerConnection,
        _ if message.contains("server login failed") => Code::PoolerLogin,
        _ if ["Ident", "Peer", "GSSAPI", "LDAP", "RADIUS"]
            .iter()
            .any(|method| message.starts_with(method)) =>
        {
            Code::OtherMethod
        }
        _ if message.contains("which is not supported") => Code::OtherMethod,
        _ if message.contains("authentication failed") => Code::WrongPassword,
        _ => return None,
    })
}

/// The user in the server's message.
fn named_user(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("user \"").or_else(|| message.split_once("role \""))?;
    rest.split('"').next()
}

/// For Supabase's pooler the user is `role.project`.
fn is_user(named: &str, user: &str) -> bool {
    named == user || user.strip_prefix(named).is_some_and(|rest| rest.starts_with('.'))
}

fn tls(message: &str, listener: Listener) -> Code {
    let has = |words: &str| message.contains(words);
    match message {
        _ if has("does not speak TLS") || has("refuses the request") => Code::TlsNotOffered,
        // With or without the times.
        _ if has("expired") || has("Expired") || has("not valid yet") || has("NotValidYet") => {
            Code::CertificateExpired
        }
        _ if has("not valid for name") || has("NotValidForName") => Code::CertificateName,
        _ if has("CertificateRequired") || has("alert: UnknownCA") || has("alert: BadCertificate") => {
            Code::ClientCertificate
        }
        _ if has("invalid peer certificate") => Code::CertificateNotTrusted,
        _ if listener == Listener::Unknown => Code::NotPostgresql,
        _ => Code::TlsFailed,
    }
}

fn not_ready(message: &str) -> Code {
    if message.contains("shutting down") || message.contains("shut down") {
        Code::Stopping
    } else {
        Code::Starting
    }
}

fn too_many(message: &str) -> Code {
    match message {
        _ if message.contains("no more connections") || message.contains("client_conn") => Code::MaxClients,
        _ if message.contains("connections for role") => Code::RoleLimit,
        _ if message.contains("connections for database") => Code::DatabaseLimit,
        _ => Code::TooManyConnections,
    }
}

/// Whether the same attempt with TLS may succeed. `pg_hba.conf` has lines for encrypted connections only (`hostssl`), and
/// the server does not say whether one of them would have matched.
pub(super) fn may_want_tls(failure: &Unavailable, listener: Listener) -> bool {
    failure.message.contains("no encryption") && listener == Listener::Postgresql(Tls::Offered)
}

/// `host:port`, or the folder of a socket.
pub(super) fn at(place: &Place) -> String {
    if place.host.contains(':') {
        return format!("[{}]:{}", place.host, place.port);
    }
    format!("{}:{}", place.host, place.port)
}

/// A sentence within another one: lower case, except for names.
fn decapitalised(text: &str) -> String {
    let is_name = ["PostgreSQL", "Supabase", "Neon", "TLS"].iter().any(|name| text.starts_with(name));
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !is_name => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}
