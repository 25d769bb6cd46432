//! Why there is no connection -> what to do about it. Pure: what was said, and who said it, come from outside.

use crate::db::{Place, Reason, Unavailable};

use super::report::Check;
use super::sniff::Listener;

const SUBJECT: &str = "Connection";

/// What keeps us from connecting, with what to do.
pub(super) fn explain(failure: &Unavailable, place: &Place, listener: Listener) -> Check {
    let Unavailable { reason, message, .. } = failure;
    let at = at(place);
    let said = |code, what: &str| Check::trouble(SUBJECT, code, format!("{what}: {message}"));
    match reason {
        _ if listener == Listener::Http => Check::trouble(
            SUBJECT,
            "not-postgresql",
            format!("what answers at {at} speaks HTTP, not PostgreSQL's protocol"),
        )
        .advise("name the port of the pooler or of PostgreSQL, not that of a web server or of a REST API"),
        Reason::Refused => refused(place, message),
        Reason::HostNotFound => host_not_found(place),
        Reason::Timeout => timed_out(place, listener),
        Reason::Tls => tls(message),
        _ if asks_for_tls(message) => said("tls-required", "the other side wants TLS")
            .advise("append sslmode=require to the connection string (or verify-full with sslrootcert)"),
        Reason::Authentication => authentication(failure, place),
        // PgBouncer's words for a user that it does not know, or whose password is wrong.
        Reason::Pooler if message.contains("authentication failed") => authentication(failure, place),
        Reason::DatabaseMissing => said("database-missing", "there is no such database")
            .advise(format!("check the name behind the last slash of the connection string: {:?}", place.database))
            .advise("behind PgBouncer, the database has to stand in its [databases] section, or * has to"),
        Reason::TooManyConnections => too_many(message),
        Reason::NotReady => said("not-ready", "the server is starting, stopping or recovering").advise("wait, and look into its log"),
        Reason::Pooler => pooler(message),
        Reason::Stale | Reason::Lost | Reason::Other if message.contains("not PostgreSQL's protocol") => {
            said("not-postgresql", &format!("what answers at {at} is no PostgreSQL and no pooler"))
                .advise("check the port: 5432 is PostgreSQL's, 6432 PgBouncer's, 6543 Supabase's transaction pooler's")
        }
        Reason::Stale | Reason::Lost | Reason::Other => said("other", "there is no connection"),
    }
}

/// `host:port`, or the folder of a socket.
pub(super) fn at(place: &Place) -> String {
    if place.host.contains(':') {
        return format!("[{}]:{}", place.host, place.port);
    }
    format!("{}:{}", place.host, place.port)
}

fn refused(place: &Place, message: &str) -> Check {
    Check::trouble(SUBJECT, "refused", format!("nobody listens at {} ({message})", at(place)))
        .advise("check that the pooler or the server runs, and that it listens on this address (listen_addr, listen_addresses)")
        .advise("check the port: 5432 is PostgreSQL's, 6432 PgBouncer's, 6543 Supabase's transaction pooler's")
}

fn host_not_found(place: &Place) -> Check {
    let check =
        Check::trouble(SUBJECT, "host-not-found", format!("the host {:?} has no address", place.host));
    if is_supabase_direct(place) {
        return check.advise(
            "Supabase's direct host has an IPv6 address only: take the transaction pooler's connection string from \
             Connect (port 6543), whose host ends with pooler.supabase.com",
        );
    }
    check.advise("check the spelling, and that this machine's DNS knows it; a container's name is known in its own network only")
}

fn timed_out(place: &Place, listener: Listener) -> Check {
    let at = at(place);
    if listener == Listener::Silent {
        return Check::trouble(SUBJECT, "no-answer", format!("{at} takes the connection, and then says nothing"))
            .advise("behind PgBouncer, look whether it is paused (SHOW DATABASES on its console; RESUME ends it)")
            .advise("look whether PostgreSQL answers the pooler; a pooler that waits for a server connection says nothing")
            .advise("check that the port is PostgreSQL's or a pooler's");
    }
    let check = Check::trouble(SUBJECT, "timeout", format!("{at} does not answer"))
        .advise("a firewall or a security group drops the packets, or the machine is off");
    if is_supabase_direct(place) {
        return check.advise(
            "Supabase's direct host has an IPv6 address only: use the transaction pooler's, port 6543",
        );
    }
    check
}

fn tls(message: &str) -> Check {
    if message.contains("does not speak TLS") || message.contains("refuses the request") {
        return Check::trouble(
            SUBJECT,
            "tls-not-offered",
            "the connection string asks for TLS, and the other side has none",
        )
        .advise("turn it on there: client_tls_sslmode in PgBouncer, ssl = on in PostgreSQL")
        .advise("in a network that you trust, sslmode=disable goes without");
    }
    let check = Check::trouble(
        SUBJECT,
        "certificate-not-trusted",
        format!("the certificate is not trusted ({message})"),
    );
    if message.contains("NotValidForName") || message.contains("not valid for name") {
        return check
            .advise("connect by a name that stands in the certificate, or use sslmode=verify-ca, which does not look at the name");
    }
    check
        .advise("name the authority that signed it: sslrootcert=FILE (Supabase and RDS offer theirs for download)")
        .advise("sslrootcert=system trusts the public authorities")
}

/// What `PostgreSQL` says where `pg_hba.conf` has only `hostssl` lines, and `PgBouncer` with `client_tls_sslmode = require`.
fn asks_for_tls(message: &str) -> bool {
    message.contains("SSL required") || message.contains("no encryption") || message.contains("SSL off")
}

fn authentication(failure: &Unavailable, place: &Place) -> Check {
    let message = &failure.message;
    let user = &place.user;
    if message.contains("there is none") {
        return Check::trouble(SUBJECT, "password-missing", message.clone());
    }
    if message.contains("no such user")
        || message.contains("\"trust\"")
        || message.contains("auth") && message.contains("query")
    {
        return Check::trouble(
            SUBJECT,
            "no-such-user-at-pooler",
            format!("the pooler does not know the user {user:?}: {message}"),
        )
        .advise(format!(
            "add {user:?} to PgBouncer's auth_file, or let its auth_query find it (auth_user, auth_dbname)"
        ));
    }
    if message.contains("pg_hba.conf") {
        return Check::trouble(SUBJECT, "forbidden", message.clone())
            .advise("add a line for this user, database and address to pg_hba.conf, and reload the server");
    }
    let check = Check::trouble(SUBJECT, "wrong-password", format!("user or password of {user:?} is wrong: {message}"))
        .advise("a password with @, :, / or ? in it has to be percent-encoded in a URL (@ is %40)")
        .advise("a pooler may have an older password than the server: see its auth_file, or look whether its auth_query works");
    if is_supabase(place) && !user.contains('.') {
        return check
            .advise("at Supabase's pooler the user is postgres.PROJECT, with the project's reference");
    }
    check
}

fn too_many(message: &str) -> Check {
    if message.contains("no more connections") || message.contains("max_client_conn") {
        return Check::trouble(
            SUBJECT,
            "max-client-conn",
            format!("the pooler takes no more clients: {message}"),
        )
        .advise(
            "raise max_client_conn in PgBouncer, or lower --pool-size here or the pools of its other clients",
        );
    }
    Check::trouble(
        SUBJECT,
        "too-many-connections",
        format!("the server takes no more connections: {message}"),
    )
    .advise("connect through a pooler in transaction mode, lower --pool-size, or raise max_connections")
}

fn pooler(message: &str) -> Check {
    let check = |code, found: &str| Check::trouble(SUBJECT, code, format!("{found}: {message}"));
    if message.contains("query_wait_timeout") {
        return no_server_connection(message);
    }
    if message.contains("paused") {
        return check("paused", "the pooler is paused").advise("RESUME on its console ends it");
    }
    check("pooler-without-server", "the pooler is there, but gets no connection to PostgreSQL")
        .advise(
            "look into its log, and check host, port and password of the database in its [databases] section",
        )
        .advise("if it asks for users by auth_query, check auth_user and its password")
}

/// The pooler is there, and lends nothing.
pub(super) fn no_server_connection(message: &str) -> Check {
    Check::trouble("Pooler", "no-server-connection", format!("the pooler lends no server connection: {message}"))
        .advise("in session mode each client keeps one: change to pool_mode = transaction, or raise default_pool_size")
        .advise("in transaction mode, look for long transactions: SHOW SERVERS on its console, pg_stat_activity in PostgreSQL")
}

pub(super) fn is_supabase(place: &Place) -> bool {
    place.host.ends_with(".supabase.com") || place.host.ends_with(".supabase.co")
}

fn is_supabase_direct(place: &Place) -> bool {
    place.host.starts_with("db.") && place.host.ends_with(".supabase.co")
}
