//! The target of a connection string: several hosts, sockets, password files, and TLS with everything that it
//! verifies.

use std::path::Path;
use std::process::Command;

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use glowplug::db::{Connection, Connector, Reason, Unavailable};
use glowplug_local::{Authentication, Cluster, ClusterOptions, Pooler, PoolerOptions};

use crate::harness;

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Text)]
    value: String,
}

pub(super) async fn connect(url: &str) -> Result<Connection, Unavailable> {
    Connector::new(url).unwrap_or_else(|error| panic!("{url}: {error}")).connect().await
}

pub(super) async fn refusal(url: &str) -> Unavailable {
    connect(url).await.err().unwrap_or_else(|| panic!("{url} was expected to be refused"))
}

pub(super) async fn ask(connection: &mut Connection, question: &str) -> String {
    diesel::sql_query(question).get_result::<Value>(connection).await.unwrap().value
}

#[tokio::test]
async fn the_first_host_that_will_do_is_taken() {
    let other = Cluster::start(ClusterOptions {
        settings: vec![("default_transaction_read_only".to_owned(), "on".to_owned())],
        ..ClusterOptions::throwaway()
    })
    .unwrap();
    let (here, there) = (harness::cluster().port(), other.port());
    let port = "select setting as value from pg_settings where name = 'port'";
    for (hosts, target, expected) in [
        (format!("127.0.0.1:1,127.0.0.1:{here}"), "any", here),
        (format!("127.0.0.1:{there},127.0.0.1:{here}"), "any", there),
        (format!("127.0.0.1:{there},127.0.0.1:{here}"), "read-write", here),
        (format!("127.0.0.1:{here},127.0.0.1:{there}"), "read-only", there),
        (format!("127.0.0.1:{there},127.0.0.1:{here}"), "primary", there),
        (format!("127.0.0.1:1,127.0.0.1:{here}"), "prefer-standby", here),
    ] {
        let url = format!("postgres://postgres@{hosts}/postgres?target_session_attrs={target}");
        let mut connection = connect(&url).await.unwrap();
        assert_eq!(ask(&mut connection, port).await, expected.to_string(), "{url}");
    }
    let url = format!("postgres://postgres@127.0.0.1:{here}/postgres?target_session_attrs=standby");
    let refused = refusal(&url).await.to_string();
    assert!(refused.contains("target_session_attrs=standby, but the server is a primary"), "{refused}");
}

#[tokio::test]
async fn a_socket_and_a_password_file() {
    let options = ClusterOptions { authentication: Authentication::Password, ..ClusterOptions::throwaway() };
    let cluster = Cluster::start(options).unwrap();
    let (port, password) = (cluster.port(), cluster.password().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pass");
    std::fs::write(&file, format!("# ours\n*:{port}:postgres:postgres:{password}\n")).unwrap();
    let url = format!("host=127.0.0.1 port={port} user=postgres dbname=postgres passfile={}", file.display());
    set_mode(&file, 0o644);
    let refused = refusal(&url).await;
    assert_eq!(refused.reason, Reason::Authentication, "a file that others may read is not read: {refused}");
    assert!(refused.to_string().contains("~/.pgpass"), "{refused}");
    set_mode(&file, 0o600);
    let mut connection = connect(&url).await.unwrap();
    assert_eq!(ask(&mut connection, "select current_user::text as value").await, "postgres");
    let socket = cluster.socket_dir().expect("the server has a socket");
    let url = url.replace("127.0.0.1", socket.to_str().unwrap());
    let mut connection = connect(&url).await.unwrap();
    let way =
        "select coalesce(client_port, 0)::text as value from pg_stat_activity where pid = pg_backend_pid()";
    assert_eq!(ask(&mut connection, way).await, "-1");
    // A wrong password is wrong everywhere: the second host is not tried.
    let url = format!("postgres://postgres:wrong@127.0.0.1:{port},127.0.0.1:1/postgres");
    assert_eq!(refusal(&url).await.reason, Reason::Authentication);
}

#[tokio::test]
async fn a_password_is_sent_in_each_requested_way() {
    let options = ClusterOptions { authentication: Authentication::Password, ..ClusterOptions::throwaway() };
    let cluster = Cluster::start(options).unwrap();
    let password = cluster.password().unwrap();
    for way in ["plain", "md5", "scram-sha-256"] {
        let name = format!("pgbouncer-{way}");
        let extra = vec![("auth_type".to_owned(), way.to_owned())];
        let pooler =
            Pooler::start(&cluster, &PoolerOptions { name, extra, ..PoolerOptions::default() }).unwrap();
        let url = |word: &str| format!("postgres://postgres:{word}@127.0.0.1:{}/postgres", pooler.port());
        let mut connection =
            connect(&url(password)).await.unwrap_or_else(|refused| panic!("{way}: {refused}"));
        assert_eq!(ask(&mut connection, "select current_user::text as value").await, "postgres", "{way}");
        assert_eq!(refusal(&url("wrong")).await.reason, Reason::Authentication, "{way}");
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

pub(super) fn openssl(folder: &Path, arguments: &str) {
    let made = Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output();
    let made =
        made.expect("openssl is needed to make certificates: install it (Debian: `apt install openssl`)");
    assert!(made.status.success(), "{arguments}: {}", String::from_utf8_lossy(&made.stderr));
}

/// The validity period of the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    Now,
    Over,
}

/// An authority, the server's certificate for 127.0.0.1, the client's for `postgres`, and another authority.
pub(crate) fn certificates(folder: &Path, validity: Validity) {
    std::fs::write(folder.join("server.ext"), "subjectAltName=IP:127.0.0.1").unwrap();
    std::fs::write(folder.join("client.ext"), "basicConstraints=CA:FALSE").unwrap();
    for name in ["root", "other"] {
        openssl(
            folder,
            &format!(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"
            ),
        );
    }
    for (name, subject) in [("server", "server"), ("client", "postgres")] {
        openssl(
            folder,
            &format!("req -newkey rsa:2048 -nodes -subj /CN={subject} -keyout {name}.key -out {name}.csr"),
        );
        // A certificate that ends before it begins was never valid; openssl creates it all the same.
        let days = if validity == Validity::Over && name == "server" { "-1" } else { "2" };
        openssl(
            folder,
            &format!(
                "x509 -req -in {name}.csr -CA root.crt -CAkey root.key -CAcreateserial -days {days} -extfile {name}.ext \
             -out {name}.crt"
            ),
        );
    }
    set_mode(&folder.join("client.key"), 0o600);
}

/// Installs the server's certificate, which only its own account may read, and turns TLS on.
pub(crate) async fn turn_on_tls(cluster: &Cluster, folder: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    let mut connection = connect(&cluster.url("postgres")).await.unwrap();
    let data = ask(&mut connection, "select current_setting('data_directory') as value").await;
    let data = Path::new(&data);
    let owner = std::fs::metadata(data).unwrap();
    for name in ["server.key", "server.crt", "root.crt"] {
        let target = data.join(name);
        std::fs::copy(folder.join(name), &target).unwrap();
        set_mode(&target, 0o600);
        std::os::unix::fs::chown(&target, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    for setting in ["ssl_ca_file = 'root.crt'", "ssl = on"] {
        diesel::sql_query(format!("alter system set {setting}")).execute(&mut connection).await.unwrap();
    }
    diesel::sql_query("select pg_reload_conf()").execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn tls_verifies_what_sslmode_says() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path(), Validity::Now);
    let options = ClusterOptions { authentication: Authentication::Password, ..ClusterOptions::throwaway() };
    let mut cluster = Cluster::start(options).unwrap();
    turn_on_tls(&cluster, folder.path()).await;
    cluster.restart().unwrap();
    let address = cluster.url("postgres");
    let name = address.replace("127.0.0.1", "localhost");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (root, other) = (file("root.crt"), file("other.crt"));
    let client = format!("&sslcert={}&sslkey={}", file("client.crt"), file("client.key"));
    let state =
        "select concat_ws(' ', ssl, client_dn) as value from pg_stat_ssl where pid = pg_backend_pid()";
    for (url, expected) in [
        (format!("{address}?sslmode=disable"), "f"),
        (format!("{address}?sslmode=allow"), "f"),
        (format!("{address}?sslmode=prefer"), "t"),
        (format!("{address}?sslmode=require&channel_binding=require"), "t"),
        (format!("{address}?sslmode=require&channel_binding=disable"), "t"),
        (format!("{name}?sslmode=verify-ca&sslrootcert={root}"), "t"),
        (format!("{address}?sslmode=verify-full&sslrootcert={root}{client}"), "t /CN=postgres"),
    ] {
        let mut connection = connect(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(ask(&mut connection, state).await, expected, "{url}");
        assert!(connection.is_usable());
    }
    for (url, reason) in [
        (format!("{name}?sslmode=verify-full&sslrootcert={root}"), Reason::Tls),
        (format!("{address}?sslmode=verify-ca&sslrootcert={other}"), Reason::Tls),
        (format!("{address}?sslmode=require&sslrootcert={other}"), Reason::Tls),
        (format!("{address}?sslrootcert=system"), Reason::Tls),
        (format!("{address}?sslmode=disable&channel_binding=require"), Reason::Authentication),
    ] {
        let refused = refusal(&url).await;
        assert_eq!(refused.reason, reason, "{url}: {refused}");
    }
    set_mode(&folder.path().join("client.key"), 0o644);
    let error = Connector::new(&format!("{address}?sslmode=require{client}")).err().unwrap().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}
