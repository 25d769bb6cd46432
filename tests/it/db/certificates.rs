//! Servers' certificates where no authority has to be proved: any version will do, but the server must have the key.

use std::path::Path;
use std::sync::Arc;

use diesel_async::RunQueryDsl as _;
use glowplug::db::Reason;
use glowplug_local::{Cluster, ClusterOptions};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::hosts::{ask, connect, openssl, refusal, turn_on_tls};

/// The length of the message that asks for TLS.
const SSL_REQUEST: usize = 8;

/// Citus makes itself a certificate of version 1, and so does `openssl x509 -req` without extensions.
#[tokio::test]
async fn a_certificate_of_version_1_will_do_where_no_authority_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    openssl(path, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=root -keyout root.key -out root.crt");
    openssl(path, "req -newkey rsa:2048 -nodes -subj /CN=server -keyout rsa.key -out rsa.csr");
    openssl(
        path,
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout ec.key -out ec.csr",
    );
    let mut cluster = Cluster::start(ClusterOptions::throwaway()).unwrap();
    let state = "select concat_ws(' ', ssl, version) as value from pg_stat_ssl where pid = pg_backend_pid()";
    for key in ["rsa", "ec"] {
        openssl(path, &format!("x509 -req -in {key}.csr -signkey {key}.key -days 2 -out server.crt"));
        std::fs::copy(path.join(format!("{key}.key")), path.join("server.key")).unwrap();
        for version in ["1.2", "1.3"] {
            turn_on_tls(&cluster, path).await;
            let mut connection =
                connect(&format!("{}?sslmode=disable", cluster.url("postgres"))).await.unwrap();
            let limit = format!("alter system set ssl_max_protocol_version = 'TLSv{version}'");
            diesel::sql_query(limit).execute(&mut connection).await.unwrap();
            drop(connection);
            cluster.restart().unwrap();
            for mode in ["prefer", "require"] {
                let url = format!("{}?sslmode={mode}", cluster.url("postgres"));
                let mut connection =
                    connect(&url).await.unwrap_or_else(|error| panic!("{key} {version}: {error}"));
                assert_eq!(ask(&mut connection, state).await, format!("t TLSv{version}"), "{key}");
            }
            let root = path.join("root.crt");
            let url = format!("{}?sslmode=verify-ca&sslrootcert={}", cluster.url("postgres"), root.display());
            assert_eq!(refusal(&url).await.reason, Reason::Tls, "{key} {version}");
        }
    }
}

/// Shows a certificate and signs with another key, as one in the middle would who has seen the certificate.
#[derive(Debug)]
struct Impostor(Arc<CertifiedKey>);

impl ResolvesServerCert for Impostor {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// The port of a server that asks for TLS with this certificate and key, once.
async fn serve(certificate: &Path, key: &Path, version: &'static rustls::SupportedProtocolVersion) -> u16 {
    let certificate = CertificateDer::from_pem_file(certificate).unwrap();
    let key = ring::sign::any_supported_type(&PrivateKeyDer::from_pem_file(key).unwrap()).unwrap();
    let resolver = Impostor(Arc::new(CertifiedKey::new(vec![certificate], key)));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; SSL_REQUEST];
        stream.read_exact(&mut request).await.unwrap();
        stream.write_all(b"S").await.unwrap();
        // It ends when the client has refused, or goes away without a word.
        if let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    port
}

#[tokio::test]
async fn a_server_without_the_key_of_its_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for (name, kind) in [
        ("rsa", "rsa:2048"),
        ("other_rsa", "rsa:2048"),
        ("ec", "ec -pkeyopt ec_paramgen_curve:P-256"),
        ("other_ec", "ec -pkeyopt ec_paramgen_curve:P-256"),
    ] {
        openssl(
            path,
            &format!("req -newkey {kind} -nodes -subj /CN=server -keyout {name}.key -out {name}.csr"),
        );
        openssl(path, &format!("x509 -req -in {name}.csr -signkey {name}.key -days 2 -out {name}.crt"));
    }
    for (certificate, key) in [("rsa", "other_rsa"), ("ec", "other_ec"), ("rsa", "ec"), ("ec", "rsa")] {
        for version in [&TLS12, &TLS13] {
            let (certificate, key) =
                (path.join(format!("{certificate}.crt")), path.join(format!("{key}.key")));
            let port = serve(&certificate, &key, version).await;
            let refused = refusal(&format!("postgres://u@127.0.0.1:{port}/d?sslmode=require")).await;
            assert_eq!(refused.reason, Reason::Tls, "{certificate:?} {version:?}: {refused}");
        }
    }
}
