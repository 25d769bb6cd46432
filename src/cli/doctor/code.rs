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

    Refused: Trouble "refused", "Nothing listens at the address.",
        ["check that the pooler or the server runs, and that it listens on this address (listen_addr, listen_addresses)",
         "check the port: 5432 is PostgreSQL's, 6432 PgBouncer's, 6543 Supabase's transaction pooler's"];
    HostNotFound: Trouble "host-not-found", "The host name has no address.",
        ["check the spelling, and that this machine's DNS knows it; a container's name is known in its own network only"];
    Timeout: Trouble "timeout", "No packet comes back.",
        ["a firewall or a security group drops the packets, or the machine is off"];
    Silent: Trouble "no-answer", "The connection is accepted, but nothing answers.",
        ["check that the port is PostgreSQL's or a pooler's", "check whether the process there hangs or is stopped"];
    NotPostgresql: Trouble "not-postgresql", "Another service answers there: a web server, Redis, SSH, MySQL.",
        ["check the port: 5432 is PostgreSQL's, 6432 PgBouncer's, 6543 Supabase's transaction pooler's"];
    LoginHeld: Trouble "login-held", "It speaks PostgreSQL's protocol, but does not complete the login: a pooler is waiting for a server connection.",
        ["check that PostgreSQL runs, and that host and port of the database are right in the pooler's [databases] section; the pooler's log says why PostgreSQL refuses it",
         "check whether the pool is paused, with `doctor --console URL` or SHOW DATABASES on the pooler's console; RESUME ends it",
         "if users are found by auth_query, look whether auth_user can log in to this database"];
    NoConnection: Trouble "other", "The connection failed for another reason.", [];

    TlsRequired: Trouble "tls-required", "The other side requires TLS, but the connection string does not use it.",
        ["sslmode=require in the connection string encrypts (verify-full with sslrootcert also verifies the server's identity)"];
    TlsNotOffered: Trouble "tls-not-offered", "The connection string requires TLS, but the other side does not offer it.",
        ["turn it on there: client_tls_sslmode in PgBouncer, ssl = on in PostgreSQL",
         "in a network that you trust, sslmode=disable turns TLS off"];
    CertificateNotTrusted: Trouble "certificate-not-trusted", "The certificate is not signed by a trusted authority.",
        ["name the authority that signed it: sslrootcert=FILE (Supabase and RDS offer theirs for download)",
         "sslrootcert=system trusts the public authorities"];
    CertificateName: Trouble "certificate-name", "The certificate is for another host name.",
        ["connect by a name that is in the certificate, or use sslmode=verify-ca, which does not check the name"];
    CertificateExpired: Trouble "certificate-expired", "The certificate has expired, or is not valid yet.",
        ["renew the certificate there; check this machine's clock, too",
         "in a network that you trust, sslmode=require encrypts without checking the certificate"];
    ClientCertificate: Trouble "client-certificate", "The other side requires a client certificate, and does not accept the one that it got.",
        ["name it in the connection string: sslcert=FILE and sslkey=FILE; its common name has to be the user's"];
    TlsFailed: Trouble "tls-failed", "The TLS handshake failed.", [];
    NotEncrypted: Note "not-encrypted", "The connection crosses a network unencrypted.",
        ["append sslmode=verify-full and sslrootcert to the connection string if you do not trust the network"];

    WrongPassword: Trouble "wrong-password", "User or password is wrong. PostgreSQL and PgBouncer do not say which, if they ask for passwords.",
        ["a password with @, :, / or ? in it has to be percent-encoded in a URL (@ is %40)",
         "behind a pooler, its auth_file may lack the user, or have an older password than the server"];
    ChannelBinding: Trouble "channel-binding", "The connection string requires channel binding, and the other side does not offer it.",
        ["a pooler has a login of its own, which mostly cannot be bound: take channel_binding=require out of the connection string",
         "sslmode=verify-full with sslrootcert proves the server's identity, too"];
    PasswordMissing: Trouble "password-missing", "The server asks for a password, and there is none.", [];
    UserMissing: Trouble "no-such-user", "PostgreSQL has no such role.",
        ["check the spelling: names in quotes keep their case"];
    LoginForbidden: Trouble "login-forbidden", "The role may not log in.", [];
    HbaMissing: Trouble "forbidden", "pg_hba.conf does not admit this user, database and address.",
        ["add a line for this user, database and address to pg_hba.conf, above the lines that match now, and reload the server"];
    OtherMethod: Trouble "no-password-asked", "pg_hba.conf asks for something other than a password: ident, peer, GSSAPI, LDAP.",
        ["give the user a line with scram-sha-256 in pg_hba.conf, and a password"];
    ConnectNotGranted: Trouble "connect-not-granted", "The role lacks the privilege CONNECT on the database.", [];
    DatabaseMissing: Trouble "database-missing", "There is no such database.",
        ["behind PgBouncer, its [databases] section needs an entry for the database, or one for *"];

    UserUnknownAtPooler: Trouble "no-such-user-at-pooler", "The pooler does not know the user.", [];
    AuthQueryFailed: Trouble "auth-query-failed", "The pooler looks up users by auth_query, which fails.",
        ["run the auth_query by hand as auth_user in this database: that user needs the privileges, usually through a security definer function in each database (or in auth_dbname)",
         "auth_user needs LOGIN, and a password in auth_file"];
    AddressForbidden: Trouble "address-not-allowed", "The pooler does not admit clients from this address.",
        ["Supabase: add this machine's public address to the network restrictions of the database's settings",
         "a Supavisor of your own: add it to the tenant's allow_list"];
    LoginsBlocked: Trouble "logins-blocked", "After some failed logins, the pooler admits no client of this address for a while.",
        ["look for a program at this address, or behind the same one, that has a wrong password, and stop it",
         "then wait some minutes; each further wrong password begins the time anew"];
    PoolerLogin: Trouble "pooler-login-failed", "PostgreSQL refuses the pooler's login.",
        ["check user and password in the pooler's [databases] section and auth_file (auth_user's, too), and pg_hba.conf for the pooler's address"];
    PoolerWithoutServer: Trouble "pooler-without-server", "The pooler runs, but gets no connection to PostgreSQL.",
        ["check that PostgreSQL runs, and host and port of the database in the pooler's [databases] section",
         "the pooler's log says why; after a failure PgBouncer waits for server_login_retry (15 s) before it tries again"];
    NoServerConnection: Trouble "no-server-connection", "The pooler accepts the client, but lends it no server connection.",
        ["in transaction mode, look for long transactions: SHOW SERVERS on its console, pg_stat_activity in PostgreSQL",
         "in session mode each client keeps one: change to pool_mode = transaction, or raise default_pool_size",
         "check whether the pool is paused, with `doctor --console URL` or SHOW DATABASES on its console; RESUME ends it",
         "check whether PostgreSQL accepts the pooler's connections at all; the pooler's log says why not"];
    Paused: Trouble "paused", "The pooler is paused: it accepts clients, but lends no server connections.",
        ["RESUME on its console (psql to the database pgbouncer) ends it"];
    Disabled: Trouble "database-disabled", "The database is disabled at the pooler.",
        ["ENABLE and the database's name on its console (psql to the database pgbouncer) ends it"];
    PoolerGone: Trouble "pooler-gone", "The pooler was running, and has ended since.",
        ["start it again, and read its log",
         "with auth_user = pgbouncer for all databases, PgBouncer 1.18 ends when a user that it looks up by auth_query logs in to its console (its issue 568): name a user of auth_file in --console, give auth_user another name, or upgrade"];
    ConsoleRefused: Note "console-refused", "PgBouncer's console does not answer to --console.",
        ["name the database pgbouncer and a user that is in auth_file, and in admin_users or stats_users"];
    ParameterRefused: Trouble "startup-parameter-refused", "The pooler refuses a startup parameter of the connection string.",
        ["take `options` out of the connection string; `alter role … set …` does the same for every connection of the role",
         "ignore_startup_parameters in PgBouncer lets it pass, and has no effect"];
    OptionsIgnored: Note "options-ignored", "The pooler accepts `options` of the connection string, but they have no effect.",
        ["`alter role … set …` does the same for every connection of the role"];
    PoolModeWrong: Trouble "pool-mode-wrong", "The setting pool-mode requires more than the pooler offers.",
        ["set pool-mode to auto, which finds it out: named statements would get lost"];
    SessionMode: Note "session-mode", "Each client keeps a server connection.", [];
    StatementMode: Note "statement-mode", "Transactions of several messages are not possible.",
        ["GraphQL works; migrations and mutations with fields of your own program need transactions, so pool_mode = transaction"];
    LendingUnknown: Note "lending-unknown", "How the pooler lends server connections could not be found out.",
        ["Glowplug uses only what is safe everywhere; you need not do anything"];
    MessagesSplit: Trouble "messages-split", "A message of several statements does not pass as one.",
        ["each GraphQL operation is one message of several statements: use another pooler, or none"];
    Sharded: Trouble "pgdog-sharded", "There are several shards behind a PgDog.",
        ["set `tenant` to the sharding key and the claim with its value, such as `pgdog:tenant_id=claims.tenant` (docs/distributed.md), \
          or serve each shard with a separate Glowplug"];
    NoShards: Note "no-shards", "The setting tenant has a sharding key, and there are no shards.",
        ["leave `pgdog:` out of the setting tenant, unless the shards come later"];
    ExtendedFails: Note "extended-protocol-fails", "The extended protocol does not work.",
        ["GraphQL works; Diesel queries of your own program do not"];
    WritesHeld: Note "typed-writes-held", "The pooler opens a transaction for a write by the extended protocol, and does not commit it: pgpool-II in raw mode.",
        ["Glowplug ends it, by one more round trip; other programs lose such writes",
         "set backend_clustering_mode = 'streaming_replication' in pgpool.conf, also with a single server"];
    LeftBehind: Note "settings-left-behind", "Another client has changed settings of a server connection that is lent to others.",
        ["let that program use SET LOCAL, or `alter role … set …`; RECONNECT on PgBouncer's console renews the server connections"];

    MaxClients: Trouble "max-client-conn", "The pooler accepts no more clients.",
        ["raise max_client_conn in PgBouncer, or lower pool-size here or the pools of its other clients"];
    MaxClientsLow: Trouble "max-client-conn-below-pool-size", "The pooler accepts fewer clients than pool-size.", [];
    TooFewSlots: Trouble "too-few-slots", "In session mode the pooler has fewer server connections than pool-size.",
        ["set pool_mode = transaction in PgBouncer"];
    PoolSizeAbove: Note "pool-size-above-poolers", "The pooler has fewer server connections than pool-size.", [];
    TooManyConnections: Trouble "too-many-connections", "PostgreSQL accepts no more connections.",
        ["connect through a pooler in transaction mode, lower pool-size, or raise max_connections",
         "`select usename, state, count(*) from pg_stat_activity group by 1, 2` says who has them"];
    RoleLimit: Trouble "role-connection-limit", "The role has reached its connection limit.", [];
    DatabaseLimit: Trouble "database-connection-limit", "The database has reached its connection limit.", [];
    PoolNotFilled: Trouble "pool-not-filled", "Fewer connections than pool-size can be made.", [];

    ServerUnknown: Trouble "server-unknown", "The server does not report its version.",
        ["check that there is a PostgreSQL behind the pooler"];
    ServerTooOld: Trouble "server-too-old", "PostgreSQL is older than 14.", ["Glowplug needs PostgreSQL 14 or later"];
    ServerUnsupported: Trouble "server-not-supported", "The server is CockroachDB or YugabyteDB, which speak PostgreSQL's protocol.", [];
    Starting: Trouble "starting-up", "The server is starting or recovering, or is a standby that accepts no queries.",
        ["wait, and read its log; a standby needs hot_standby = on"];
    Stopping: Trouble "shutting-down", "The server is about to stop.", ["wait until it has been started again"];
    Standby: Note "read-only-standby", "The server is a standby: queries work, mutations fail.",
        ["connect to the primary, or name both hosts and target_session_attrs=read-write; a replica's place is replica-url"];
    ReadOnly: Note "read-only", "Transactions are read-only by default: mutations may fail.",
        ["check default_transaction_read_only in the server's settings, and in those of the role and the database"];
    QuestionRefused: Trouble "question-refused", "The first query is refused.", [];

    NotGranted: Trouble "tables-not-granted", "The role has no privilege on any table.", [];
    SchemaNotGranted: Trouble "schema-not-granted", "The role may not use the schema.", [];
    SchemaMissing: Trouble "schema-missing", "A schema in the setting schemas does not exist.", [];
    SchemaEmpty: Trouble "schema-empty", "There is no table in the exposed schemas.", [];
    AllLeftOut: Trouble "all-left-out", "There are tables, but none can be exposed.",
        ["`glowplug schema --explain` lists everything that is left out, with reasons"];
    NoTables: Trouble "no-tables", "No table is in the API, and the reason could not be found out.", [];
    CitusWorker: Note "citus-worker", "The connection leads to a worker of Citus.",
        ["connect to the coordinator: a worker lacks the local tables, and comments, by which names are chosen"];
    CitusLogin: Trouble "citus-role-login", "A role of requests may not log in, but Citus opens its connections to workers as that role.", [];
    CitusUnknown: Note "citus-unknown", "What the extension Citus needs could not be found out.", [];
    TemplateMissing: Trouble "template-missing", "The schema that stands for those of all tenants does not exist.",
        ["create it with the tables of a tenant, and without rows; the setting tenant names it"];
    TenantsBehind: Note "tenants-behind", "Schemas of tenants lack tables or columns that the API has.",
        ["migrate them as the others; until then, operations that need what is missing fail with UNAVAILABLE"];
    TenantsUnknown: Note "tenants-unknown", "What the schemas of tenants have could not be found out.", [];
    LeftOut: Note "left-out", "Something is left out of the API.",
        ["`glowplug schema --explain` lists them, with reasons"];
    PoliciesIgnored: Note "policies-ignored", "No row-level security holds for requests without a token.",
        ["set anon-role to a role that is no superuser, has no BYPASSRLS, and owns no tables; or connect as such a user",
         "`alter table … force row level security` lets the policies of a table hold for its owner, too"];
    AnonRoleMissing: Trouble "anon-role-missing", "There is no role with the name in anon-role.", [];
    AnonRoleNotGranted: Trouble "anon-role-not-granted", "Requests cannot run as anon-role: the connection's user is no member of it.", [];
    RoleUnmet: Note "role-unmet", "Another role that a setting names does not exist, or the connection's user is no member of it.", [];
    CatalogueUnreadable: Trouble "catalogue-unreadable", "The structure of the database cannot be read.",
        ["read the log of the server: it has the error with its statement"];

    NotStored: Note "not-stored", "PostgreSQL plans every operation anew: named statements are not possible, and there are no stored operations.",
        ["`glowplug setup --stored-operations` makes it keep plans, which halves its work for small operations; the user needs the right to create a schema"];
    StoredUnknown: Note "stored-unknown", "Whether there are stored operations could not be found out.", [];
    LiveTablesUnlogged: Note "live-tables-unlogged", "Tables may change without a record in the log of changed tables: live queries that read them run after every change.",
        ["run `glowplug setup --live-tables TABLE` again: a trigger was disabled meanwhile, or a partition is newer than it; writes by logical replication are never recorded"];
    LiveTablesUnknown: Note "live-tables-unknown", "Whether changes of tables are recorded could not be found out.", [];

    TenantMissing: Trouble "supabase-tenant", "Supabase's pooler does not find the project in the user's name.",
        ["the user is postgres.PROJECT, with the project's reference; a role of your own is ROLE.PROJECT",
         "copy the host from Connect in the dashboard: aws-0 or aws-1 and the region have to be the project's, and the project must not be paused"];
    SupabaseSession: Note "supabase-session-port", "Port 5432 of Supabase's pooler is in session mode.",
        ["port 6543 is the same pooler in transaction mode, which serves many more clients"];
    NeonEndpoint: Trouble "neon-endpoint", "Neon does not recognise the endpoint, or has none with that name.",
        ["copy the host from Neon's console: its first part is the endpoint, and must reach Neon as it is, not by a tunnel or an address"];
    NeonDirect: Note "neon-direct", "Neon's host without -pooler leads past its pooler.",
        ["ENDPOINT-pooler in the host's name is the pooler in transaction mode, which serves many more clients"];
    RdsProxy: Note "rds-proxy", "RDS Proxy keeps a server connection for a client after SET or set_config.",
        ["count on one server connection for each of pool-size, and watch the metric DatabaseConnectionsCurrentlySessionPinned"];

    NoStandby: Trouble "replica-not-standby", "The server of replica-url is not a standby: it never gets reads.",
        ["name a standby in replica-url; this one is a primary, or was promoted"];
    OtherServer: Trouble "other-server", "Behind this connection string is another server, or another database, than behind database-url.",
        ["replica-url and direct-url have to lead to the database of database-url, or to a copy of it by streaming replication"];
    Behind: Note "replica-behind", "The replica lacks what the primary wrote.",
        ["wait; if it stays behind, check pg_stat_replication at the primary. Glowplug leaves it out while it is behind for longer than max_lag in its replica-url"];
    OtherApi: Note "replica-other-api", "The replica has other tables for the API than the primary.",
        ["what it lacks is read from the primary; check whether replication is running"];
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
