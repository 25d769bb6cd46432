//! All possible findings of `doctor`: the name for machines, the meaning, and what to do. Pure data.
//!
//! The names stay the same between versions. `docs/doctor.md` has them all.

use serde::{Serialize, Serializer};

/// How severe a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// Everything is in order.
    Ok,
    /// Glowplug works, and something could be improved.
    Note,
    /// Glowplug does not work like this.
    Trouble,
}

/// The facts about a [`Code`].
pub(super) struct About {
    pub(super) state: State,
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    /// What to do in all cases, one step each.
    pub(super) advice: &'static [&'static str],
}

/// One line for each code: its state, its name, what it means, and what to do.
macro_rules! codes {
    ($($code:ident: $state:ident $name:literal, $meaning:literal, [$($advice:literal),*];)*) => {
        /// A finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Code { $($code),* }

        impl Code {
            /// All of them, in the order of the documentation.
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$code),*];

            pub(super) fn about(self) -> About {
                match self {
                    $(Self::$code => About {
                        state: State::$state, name: $name, meaning: $meaning, advice: &[$($advice),*],
                    }),*
                }
            }
        }
    };
}

codes! {
    Fine: Ok "ok", "It is as it should be.", [];

    Refused: Trouble "refused", "Nobody listens at the address.",
        ["check that the pooler or the server runs, and that it listens on this address (listen_addr, listen_addresses)",
         "check the port: 5432 is PostgreSQL's, 6432 PgBouncer's, 6543 Supabase's transaction pooler's"];
    HostNotFound: Trouble "host-not-found", "The host name has no address.",
        ["check the spelling, and that this machine's DNS knows it; a container's name is known in its own network only"];
    Timeout: Trouble "timeout", "No packet comes back.",
        ["a firewall or a security group drops the packets, or the machine is off"];
    Silent: Trouble "no-answer", "The connection is taken, and whatever is asked gets no answer.",
        ["check that the port is PostgreSQL's or a pooler's", "look whether the process there hangs or is stopped"];
    NotPostgresql: Trouble "not-postgresql", "Another service answers there: a web server, Redis, SSH, MySQL.",
        ["check the port: 5432 is PostgreSQL's, 6432 PgBouncer's, 6543 Supabase's transaction pooler's"];
    LoginHeld: Trouble "login-held", "It speaks PostgreSQL's protocol, and does not end the login: a pooler waits for a server connection.",
        ["look whether PostgreSQL runs, and whether host and port of the database are right in the pooler's [databases] section; its log says what it is refused",
         "look whether the pool is paused: `doctor --console URL` or SHOW DATABASES on the pooler's console tell; RESUME ends it",
         "if users are found by auth_query, look whether auth_user can log in to this database"];
    NoConnection: Trouble "other", "There is no connection, for a reason that is not among these.", [];

    TlsRequired: Trouble "tls-required", "The other side wants TLS, and the connection string goes without.",
        ["sslmode=require in the connection string encrypts (verify-full with sslrootcert also asks who answers)"];
    TlsNotOffered: Trouble "tls-not-offered", "The connection string asks for TLS, and the other side has none.",
        ["turn it on there: client_tls_sslmode in PgBouncer, ssl = on in PostgreSQL",
         "in a network that you trust, sslmode=disable goes without"];
    CertificateNotTrusted: Trouble "certificate-not-trusted", "No authority that is trusted signed the certificate.",
        ["name the authority that signed it: sslrootcert=FILE (Supabase and RDS offer theirs for download)",
         "sslrootcert=system trusts the public authorities"];
    CertificateName: Trouble "certificate-name", "The certificate is for another host name.",
        ["connect by a name that stands in the certificate, or use sslmode=verify-ca, which does not look at the name"];
    CertificateExpired: Trouble "certificate-expired", "The certificate is not valid any more, or not yet.",
        ["renew the certificate there; look at this machine's clock, too",
         "sslmode=require encrypts without looking at the certificate, where the network is trusted"];
    ClientCertificate: Trouble "client-certificate", "The other side wants a certificate of the client, and takes none that it was given.",
        ["name it in the connection string: sslcert=FILE and sslkey=FILE; its common name has to be the user's"];
    TlsFailed: Trouble "tls-failed", "TLS cannot be agreed on.", [];
    NotEncrypted: Note "not-encrypted", "The connection goes over a network in the clear.",
        ["append sslmode=verify-full and sslrootcert to the connection string where you do not trust the network"];

    WrongPassword: Trouble "wrong-password", "User or password is wrong. PostgreSQL and PgBouncer do not say which, if they ask for passwords.",
        ["a password with @, :, / or ? in it has to be percent-encoded in a URL (@ is %40)",
         "behind a pooler, its auth_file may lack the user, or have an older password than the server"];
    PasswordMissing: Trouble "password-missing", "A password is asked for, and there is none.", [];
    UserMissing: Trouble "no-such-user", "PostgreSQL has no such role.",
        ["check the spelling: names in quotes keep their case"];
    LoginForbidden: Trouble "login-forbidden", "The role may not log in.", [];
    HbaMissing: Trouble "forbidden", "pg_hba.conf does not let this user, database and address in.",
        ["add a line for this user, database and address to pg_hba.conf, above those that would match before, and reload the server"];
    OtherMethod: Trouble "no-password-asked", "pg_hba.conf asks for something other than a password: ident, peer, GSSAPI, LDAP.",
        ["give the user a line with scram-sha-256 in pg_hba.conf, and a password"];
    ConnectNotGranted: Trouble "connect-not-granted", "The role lacks the privilege CONNECT on the database.", [];
    DatabaseMissing: Trouble "database-missing", "There is no such database.",
        ["behind PgBouncer, the database has to stand in its [databases] section, or * has to"];

    UserUnknownAtPooler: Trouble "no-such-user-at-pooler", "The pooler does not know the user.", [];
    AuthQueryFailed: Trouble "auth-query-failed", "The pooler looks users up by auth_query, and that fails.",
        ["run the auth_query by hand as auth_user in this database: it needs the privilege for it, and mostly a function that is security definer in each database (or auth_dbname)",
         "auth_user needs LOGIN, and a password in auth_file"];
    PoolerLogin: Trouble "pooler-login-failed", "PostgreSQL does not let the pooler in.",
        ["check user and password in the pooler's [databases] section and auth_file (auth_user's, too), and pg_hba.conf for the pooler's address"];
    PoolerWithoutServer: Trouble "pooler-without-server", "The pooler is there, and gets no connection to PostgreSQL.",
        ["look whether PostgreSQL runs, and check host and port of the database in the pooler's [databases] section",
         "its log says what it is refused; after a failure PgBouncer waits for server_login_retry (15 s) before it tries again"];
    NoServerConnection: Trouble "no-server-connection", "The pooler takes the client, and lends it no server connection.",
        ["in transaction mode, look for long transactions: SHOW SERVERS on its console, pg_stat_activity in PostgreSQL",
         "in session mode each client keeps one: change to pool_mode = transaction, or raise default_pool_size",
         "look whether the pool is paused: `doctor --console URL` or SHOW DATABASES on its console tell; RESUME ends it",
         "look whether PostgreSQL takes the pooler's connections at all: its log says what it is refused"];
    Paused: Trouble "paused", "The pooler is paused: it takes clients, and lends nothing.",
        ["RESUME on its console (psql to the database pgbouncer) ends it"];
    Disabled: Trouble "database-disabled", "The database is disabled at the pooler.",
        ["ENABLE and the database's name on its console (psql to the database pgbouncer) ends it"];
    PoolerGone: Trouble "pooler-gone", "The pooler was there, and has ended since.",
        ["start it again, and look into its log",
         "with auth_user = pgbouncer for all databases, PgBouncer 1.18 ends when a user that it looks up by auth_query logs in to its console (its issue 568): name a user of auth_file in --console, give auth_user another name, or upgrade"];
    ConsoleRefused: Note "console-refused", "PgBouncer's console does not answer to --console.",
        ["name the database pgbouncer and a user that stands in auth_file, and in admin_users or stats_users"];
    ParameterRefused: Trouble "startup-parameter-refused", "The pooler refuses a parameter of the connection string's start.",
        ["take `options` out of the connection string; `alter role … set …` does the same for every connection of the role",
         "ignore_startup_parameters in PgBouncer lets it pass, and has no effect"];
    OptionsIgnored: Note "options-ignored", "The pooler takes `options` of the connection string, and they have no effect.",
        ["`alter role … set …` does the same for every connection of the role"];
    PoolModeWrong: Trouble "pool-mode-wrong", "The setting pool-mode asks for more than the pooler gives.",
        ["set pool-mode to auto, which finds it out: named statements would get lost"];
    SessionMode: Note "session-mode", "Each client keeps a server connection.", [];
    StatementMode: Note "statement-mode", "There are no transactions of several messages.",
        ["GraphQL works; migrations and mutations with fields of your own program need transactions, so pool_mode = transaction"];
    LendingUnknown: Note "lending-unknown", "How server connections are lent cannot be told.",
        ["only what is safe everywhere will be used; nothing has to be done"];
    MessagesSplit: Trouble "messages-split", "A message of several statements does not pass as one.",
        ["each GraphQL operation is one message of several statements: use another pooler, or none"];
    Sharded: Trouble "pgdog-sharded", "There are several shards behind a PgDog.",
        ["each operation names its shard by nothing that PgDog reads: serve each shard by a Glowplug of its own"];
    ExtendedFails: Note "extended-protocol-fails", "The extended protocol does not pass.",
        ["GraphQL works; Diesel queries of your own program do not"];
    WritesHeld: Note "typed-writes-held", "The pooler opens a transaction for a write by the extended protocol, and does not commit it: pgpool-II in raw mode.",
        ["Glowplug ends it, by one more round trip; other programs lose such writes",
         "set backend_clustering_mode = 'streaming_replication' in pgpool.conf, also with a single server"];
    LeftBehind: Note "settings-left-behind", "Another client has changed settings of a server connection that is lent to others.",
        ["let that program use SET LOCAL, or `alter role … set …`; RECONNECT on PgBouncer's console renews the server connections"];

    MaxClients: Trouble "max-client-conn", "The pooler takes no more clients.",
        ["raise max_client_conn in PgBouncer, or lower pool-size here or the pools of its other clients"];
    MaxClientsLow: Trouble "max-client-conn-below-pool-size", "The pooler takes fewer clients than pool-size.", [];
    TooFewSlots: Trouble "too-few-slots", "In session mode the pooler has fewer server connections than pool-size.",
        ["set pool_mode = transaction in PgBouncer"];
    PoolSizeAbove: Note "pool-size-above-poolers", "The pooler has fewer server connections than pool-size.", [];
    TooManyConnections: Trouble "too-many-connections", "PostgreSQL takes no more connections.",
        ["connect through a pooler in transaction mode, lower pool-size, or raise max_connections",
         "`select usename, state, count(*) from pg_stat_activity group by 1, 2` says who has them"];
    RoleLimit: Trouble "role-connection-limit", "The role has as many connections as it may.", [];
    DatabaseLimit: Trouble "database-connection-limit", "The database has as many connections as it may.", [];
    PoolNotFilled: Trouble "pool-not-filled", "Fewer connections than pool-size can be made.", [];

    ServerUnknown: Trouble "server-unknown", "What answers the questions does not say its version.",
        ["check that PostgreSQL stands behind the pooler"];
    ServerTooOld: Trouble "server-too-old", "PostgreSQL is older than 14.", ["Glowplug wants PostgreSQL 14 or later"];
    Starting: Trouble "starting-up", "The server starts, recovers, or is a standby that takes no queries.",
        ["wait, and look into its log; a standby wants hot_standby = on"];
    Stopping: Trouble "shutting-down", "The server is about to stop.", ["wait until it has been started again"];
    Standby: Note "read-only-standby", "The server is a standby: queries work, mutations fail.",
        ["connect to the primary, or name both hosts and target_session_attrs=read-write; a replica's place is replica-url"];
    ReadOnly: Note "read-only", "Transactions are read-only unless they say otherwise: mutations may fail.",
        ["look for default_transaction_read_only in the server's settings, and in those of the role and the database"];
    QuestionRefused: Trouble "question-refused", "The first question is refused.", [];

    NotGranted: Trouble "tables-not-granted", "The role has no privilege on any table.", [];
    SchemaNotGranted: Trouble "schema-not-granted", "The role may not use the schema.", [];
    SchemaMissing: Trouble "schema-missing", "A schema of the setting schemas is not there.", [];
    SchemaEmpty: Trouble "schema-empty", "There is no table in the exposed schemas.", [];
    AllLeftOut: Trouble "all-left-out", "There are tables, and none can be exposed.",
        ["`glowplug schema --explain` names all that is left out, each with its reason"];
    NoTables: Trouble "no-tables", "No table is in the API, and why cannot be told.", [];
    LeftOut: Note "left-out", "Something is left out of the API.",
        ["`glowplug schema --explain` names them, each with its reason"];
    CatalogueUnreadable: Trouble "catalogue-unreadable", "The structure of the database cannot be read.",
        ["check that the role of anon-role exists, and that the connection's user is a member of it"];

    NotStored: Note "not-stored", "PostgreSQL plans every operation anew: no named statements pass, and there are no stored operations.",
        ["`glowplug setup --stored-operations` has its plans kept, which takes half of its work for small operations; the user needs the right to create a schema"];
    StoredUnknown: Note "stored-unknown", "Whether there are stored operations cannot be told.", [];
    LiveTablesUnlogged: Note "live-tables-unlogged", "Tables may change without a note in the log of changed tables: live queries that read them are run after every change.",
        ["`glowplug setup --live-tables TABLE` again has them noted: a trigger was disabled meanwhile, or a partition is newer than it; what a logical replication writes is never noted"];
    LiveTablesUnknown: Note "live-tables-unknown", "Whether changes of tables are noted cannot be told.", [];

    TenantMissing: Trouble "supabase-tenant", "Supabase's pooler does not find the project that the user's name tells.",
        ["the user is postgres.PROJECT, with the project's reference; a role of your own is ROLE.PROJECT",
         "copy the host from Connect in the dashboard: aws-0 or aws-1 and the region have to be the project's, and the project must not be paused"];
    SupabaseSession: Note "supabase-session-port", "Port 5432 of Supabase's pooler is in session mode.",
        ["port 6543 is the same pooler in transaction mode, which serves many more clients"];
    NeonEndpoint: Trouble "neon-endpoint", "Neon does not know which endpoint is meant, or has none of that name.",
        ["copy the host from Neon's console: its first part is the endpoint, and must reach Neon as it is, not by a tunnel or an address"];
    NeonDirect: Note "neon-direct", "Neon's host without -pooler leads past its pooler.",
        ["ENDPOINT-pooler in the host's name is the pooler in transaction mode, which serves many more clients"];
    RdsProxy: Note "rds-proxy", "RDS Proxy keeps a server connection for a client after SET or set_config.",
        ["count on one server connection for each of pool-size, and watch the metric DatabaseConnectionsCurrentlySessionPinned"];

    NoStandby: Trouble "replica-not-standby", "The server of replica-url is no standby: it is never read from.",
        ["name a standby in replica-url; this one is a primary, or was promoted"];
    OtherServer: Trouble "other-server", "Behind this connection string is another server, or another database, than behind database-url.",
        ["replica-url and direct-url have to lead to the database of database-url, or to a copy of it by streaming replication"];
    Behind: Note "replica-behind", "The replica lacks what the primary wrote.",
        ["wait; if it stays so, look at pg_stat_replication at the primary. Glowplug leaves it out while it is behind for longer than replica-lag"];
    OtherApi: Note "replica-other-api", "The replica has other tables for the API than the primary.",
        ["what it lacks is read from the primary; look whether replication goes on"];
    DirectPooled: Note "direct-url-pooled", "direct-url leads to a pooler that does not lend for a session.",
        ["name PostgreSQL itself, or a pooler in session mode: that is what direct-url is for"];
}

impl Code {
    pub(super) fn state(self) -> State {
        self.about().state
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.about().name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;

    #[test]
    fn names_are_unique_and_all_but_the_first_say_what_it_means() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.about().name).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.about().meaning.ends_with('.')));
    }

    #[test]
    fn the_documented_codes_are_these() {
        let mut table = "| code | | what it means |\n| --- | --- | --- |\n".to_owned();
        for About { state, name, meaning, .. } in Code::ALL.iter().map(|code| code.about()) {
            let state = match state {
                State::Ok => "ok",
                State::Note => "note",
                State::Trouble => "trouble",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(table, "| `{name}` | {state} | {meaning} |");
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md");
        let text = std::fs::read_to_string(&path).unwrap();
        let (begin, end) = ("<!-- codes -->\n", "<!-- end of codes -->");
        let (before, rest) = text.split_once(begin).expect("the marker before the table");
        let (documented, after) = rest.split_once(end).expect("the marker after the table");
        if documented == table {
            return;
        }
        assert!(
            std::env::var_os("UPDATE").is_some(),
            "the table of codes is not up to date; write it with `UPDATE=1 cargo test --lib documented_codes`"
        );
        std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).unwrap();
    }
}
