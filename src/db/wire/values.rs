//! Keywords and values -> what they mean: numbers, choices, lists of hosts.
//!
//! Reads the environment only through the function it gets, and no file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::parameters::{ChannelBinding, Host, SslMode, SslNegotiation, TlsSettings};
use super::stream::Keepalive;
use super::target::Target;
use super::{keywords, url};

/// The known keywords, and the environment variable that stands in for each.
const KEYWORDS: [(&str, Option<&str>); 24] = [
    ("host", Some("PGHOST")),
    ("hostaddr", Some("PGHOSTADDR")),
    ("port", Some("PGPORT")),
    ("user", Some("PGUSER")),
    ("password", Some("PGPASSWORD")),
    ("passfile", Some("PGPASSFILE")),
    ("dbname", Some("PGDATABASE")),
    ("application_name", Some("PGAPPNAME")),
    ("options", Some("PGOPTIONS")),
    ("client_encoding", Some("PGCLIENTENCODING")),
    ("sslmode", Some("PGSSLMODE")),
    ("sslnegotiation", Some("PGSSLNEGOTIATION")),
    ("sslrootcert", Some("PGSSLROOTCERT")),
    ("sslcert", Some("PGSSLCERT")),
    ("sslkey", Some("PGSSLKEY")),
    ("channel_binding", Some("PGCHANNELBINDING")),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    ("keepalives", None),
    ("keepalives_idle", None),
    ("keepalives_interval", None),
    ("keepalives_count", None),
    ("keepalives_retries", None),
    ("tcp_user_timeout", None),
];

/// Values by keyword.
pub(super) struct Values(BTreeMap<String, String>);

pub(super) const CHANNEL_BINDINGS: [(&str, ChannelBinding); 3] = [
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];

pub(super) const TARGETS: [(&str, Target); 6] = [
    ("any", Target::Any),
    ("read-write", Target::ReadWrite),
    ("read-only", Target::ReadOnly),
    ("primary", Target::Primary),
    ("standby", Target::Standby),
    ("prefer-standby", Target::PreferStandby),
];

const SSL_MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

const SSL_NEGOTIATIONS: [(&str, SslNegotiation); 2] =
    [("postgres", SslNegotiation::Postgres), ("direct", SslNegotiation::Direct)];

impl Values {
    pub(super) fn gather(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        let pairs = match (rest, text.split_once("://")) {
            (Some(rest), _) => url::pairs(rest)?,
            (None, Some((scheme, _))) if !scheme.contains('=') => {
                return Err(format!("it begins with {scheme}://, not with postgres://"));
            }
            (None, _) => keywords::pairs(text)?,
        };
        let mut values = BTreeMap::new();
        for (name, value) in pairs {
            if !KEYWORDS.iter().any(|(known, _)| *known == name) {
                return Err(unknown(&name));
            }
            values.insert(name, value);
        }
        for (name, variable) in KEYWORDS {
            if let (false, Some(variable)) = (values.contains_key(name), variable)
                && let Some(value) = environment(variable)
            {
                values.insert(name.to_owned(), value);
            }
        }
        Ok(Self(values))
    }

    /// A value that is not empty, which stands for "not given".
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    pub(super) fn choice<T: Copy>(&self, name: &str, default: T, choices: &[(&str, T)]) -> Result<T, String> {
        let Some(value) = self.get(name) else { return Ok(default) };
        let known = choices.iter().find(|(known, _)| *known == value);
        known.map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            format!("{name} can be {}, not {value:?}", names.join(", "))
        })
    }

    fn number(&self, name: &str) -> Result<Option<u32>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.trim().parse().map(Some).map_err(|_| format!("{name} has to be a number, not {value:?}"))
    }

    pub(super) fn seconds(&self, name: &str) -> Result<Option<Duration>, String> {
        Ok(self.number(name)?.map(|seconds| Duration::from_secs(seconds.into())))
    }

    pub(super) fn hosts(&self) -> Result<Vec<Host>, String> {
        let list = |name| self.get(name).map(|text| text.split(',').collect::<Vec<_>>());
        let (names, addresses) = (list("host"), list("hostaddr"));
        let count = names.as_ref().or(addresses.as_ref()).map(Vec::len);
        let count = count.ok_or("it names no host: postgres://user@host/database")?;
        let ports = list("port").unwrap_or_default();
        if ports.len() > 1 && ports.len() != count {
            return Err(format!("it names {count} hosts and {} ports", ports.len()));
        }
        if let (Some(names), Some(addresses)) = (&names, &addresses)
            && names.len() != addresses.len()
        {
            return Err(format!("it names {} hosts and {} addresses", names.len(), addresses.len()));
        }
        let host = |index: usize| {
            let of = |list: &Option<Vec<&str>>| list.as_ref().map_or("", |list| list[index]).to_owned();
            let (name, address) = (of(&names), of(&addresses));
            let port = ports.get(index).or(ports.first()).copied().unwrap_or_default();
            Ok(Host {
                port: match port {
                    "" => 5432,
                    port => port
                        .parse()
                        .ok()
                        .filter(|port| *port != 0)
                        .ok_or_else(|| format!("{port:?} is no port"))?,
                },
                address: match &*address {
                    "" => None,
                    text => Some(text.parse().map_err(|_| format!("hostaddr {text:?} is no IP address"))?),
                },
                name: if name.is_empty() { address } else { name },
            })
        };
        let hosts = (0..count).map(host).collect::<Result<Vec<_>, String>>()?;
        if hosts.iter().any(|host| host.name.is_empty()) {
            return Err("one of its hosts has no name".to_owned());
        }
        Ok(hosts)
    }

    pub(super) fn tls(&self) -> Result<TlsSettings, String> {
        let root = self.path("sslrootcert");
        let is_system = root.as_ref().is_some_and(|root| root.as_os_str() == "system");
        let default = if is_system { SslMode::VerifyFull } else { SslMode::Prefer };
        let tls = TlsSettings {
            mode: self.choice("sslmode", default, &SSL_MODES)?,
            negotiation: self.choice("sslnegotiation", SslNegotiation::Postgres, &SSL_NEGOTIATIONS)?,
            root,
            certificate: self.path("sslcert"),
            key: self.path("sslkey"),
        };
        if is_system && tls.mode != SslMode::VerifyFull {
            return Err("sslrootcert=system needs sslmode=verify-full: anyone can get a certificate from a \
            public authority"
                .to_owned());
        }
        if tls.negotiation == SslNegotiation::Direct && tls.mode < SslMode::Require {
            return Err("sslnegotiation=direct needs sslmode=require or stronger".to_owned());
        }
        match (&tls.certificate, &tls.key) {
            (Some(_), None) => Err("sslcert needs sslkey beside it".to_owned()),
            (None, Some(_)) => Err("sslkey needs sslcert beside it".to_owned()),
            _ => Ok(tls),
        }
    }

    pub(super) fn watchfulness(&self) -> Result<Keepalive, String> {
        let default = Keepalive::default();
        let count = self.number("keepalives_count")?.or(self.number("keepalives_retries")?);
        let user_timeout = self.number("tcp_user_timeout")?.filter(|milliseconds| *milliseconds != 0);
        Ok(Keepalive {
            is_off: self.number("keepalives")? == Some(0),
            idle: self.seconds("keepalives_idle")?.filter(|idle| !idle.is_zero()).unwrap_or(default.idle),
            interval: self.seconds("keepalives_interval")?.filter(|interval| !interval.is_zero()),
            count: count.filter(|count| *count != 0),
            user_timeout: user_timeout.map(|milliseconds| Duration::from_millis(milliseconds.into())),
        })
    }
}

/// What happens to an unknown keyword.
fn unknown(name: &str) -> String {
    match name {
        "pgbouncer" | "connection_limit" | "pool_timeout" | "statement_cache_size" => {
            format!("{name:?} is a hint for another client: leave it out, Glowplug does not need it")
        }
        "schema" | "search_path" | "currentSchema" => format!(
            "{name:?} is not possible here, because poolers refuse it: set it for the role \
             (alter role … set search_path = …)"
        ),
        name => format!("{name:?} is no parameter of a connection string"),
    }
}
