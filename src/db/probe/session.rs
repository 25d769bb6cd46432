//! How a pooler treats the settings of a session: those that a client asks for when it connects, those that it sets later,
//! and those that other clients have left on the server connections.
//!
//! Glowplug depends on none of them, so that only `doctor` looks. The probe resets what it has set, if it gets the same
//! server connection once more. Otherwise a parameter `glowplug.doctor`, which nothing reads, stays there until the
//! connection ends.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;
use uuid::Uuid;

use crate::db::connector::Connector;
use crate::db::error::{Error, Unavailable};
use crate::db::operation::message::BEFORE_BEGIN;
use crate::db::probe::client::{Client, Values};
use crate::db::probe::lending::FoundPoolMode;

/// How a pooler treats the settings of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sessions {
    /// Startup parameters, each tried on a connection of its own.
    pub startup: Vec<StartupParameter>,
    /// What one client sets, and another may see.
    pub settings: SettingEffect,
    /// Settings that a server connection had although no client of this probe had asked for them: `name = value`.
    pub left_behind: Vec<String>,
}

/// A startup parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StartupParameter {
    /// Its name. `options` carries other settings.
    pub name: &'static str,
    /// How the pooler treats it.
    pub fate: SettingEffect,
}

/// How a pooler treats a setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingEffect {
    /// It holds for the client that asked for it.
    Holds,
    /// It is accepted, and has no effect.
    Ignored,
    /// The pooler refuses the connection because of it; the text is its error.
    Refused(String),
    /// The next client of the server connection has it too.
    Leaks,
    /// The next client of the server connection does not have it.
    Reset,
    /// Unknown.
    #[default]
    Unknown,
}

/// Parameters that drivers ask for, each with a value that no other client uses, with the setting that it changes, and
/// with the value as `current_setting` prints it.
const TRIALS: [Trial; 6] = [
    Trial { name: "options", value: "-c lock_timeout=4327", setting: "lock_timeout", expected: "4327ms" },
    Trial::of("search_path", "glowplug_doctor"),
    Trial { name: "statement_timeout", value: "43270", setting: "statement_timeout", expected: "43270ms" },
    Trial::of("extra_float_digits", "2"),
    Trial::of("TimeZone", "Pacific/Chatham"),
    Trial { name: "DateStyle", value: "German", setting: "DateStyle", expected: "German, DMY" },
];

#[derive(Debug, Clone, Copy)]
struct Trial {
    name: &'static str,
    value: &'static str,
    setting: &'static str,
    expected: &'static str,
}

impl Trial {
    const fn of(name: &'static str, value: &'static str) -> Self {
        Self { name, value, setting: name, expected: value }
    }
}

/// Poolers keep these apart for each client and set them themselves. Settings of the asking transaction belong here too.
const EXPECTED: &str = "application_name, client_encoding, DateStyle, IntervalStyle, TimeZone, \
    standard_conforming_strings, glowplug.doctor, transaction_read_only, transaction_isolation, \
    transaction_deferrable";

/// The number of attempts to get a certain server connection again: a pooler that resets it first lends others meanwhile.
const ATTEMPTS: usize = 50;

impl Connector {
    /// Finds out how the pooler treats the settings of a session, by connections that it closes afterwards. Results that are
    /// not there within `limit` stay unknown.
    pub async fn sessions(&self, lending: FoundPoolMode, limit: Duration) -> Sessions {
        let mut sessions = Sessions::default();
        // The results that are known by then are kept.
        let _ = timeout(limit, self.examine_sessions(lending, &mut sessions)).await;
        sessions
    }

    async fn examine_sessions(&self, lending: FoundPoolMode, sessions: &mut Sessions) {
        for trial in TRIALS {
            let fate = self.try_at_start(trial).await;
            sessions.startup.push(StartupParameter { name: trial.name, fate });
        }
        if lending == FoundPoolMode::Direct {
            return;
        }
        sessions.settings = self.follow_setting(lending).await.unwrap_or_default();
        let clients = if lending == FoundPoolMode::Transaction { MOST_HELD } else { 1 };
        sessions.left_behind = self.left_behind(clients).await.unwrap_or_default().into_iter().collect();
    }

    async fn try_at_start(&self, trial: Trial) -> SettingEffect {
        let question = format!("select pg_catalog.current_setting('{}')", trial.setting);
        match Client::open(&self.with_trial(trial.name, trial.value)).await {
            Ok(mut client) => match client.query(&question).await {
                Ok(values) if values == [trial.expected] => SettingEffect::Holds,
                Ok(_) => SettingEffect::Ignored,
                Err(_) => SettingEffect::Unknown,
            },
            Err(Unavailable { sqlstate: Some(_), message, .. }) if message.contains("parameter") => {
                SettingEffect::Refused(message)
            }
            Err(_) => SettingEffect::Unknown,
        }
    }

    /// One client sets something. Another one looks for it, and resets it.
    async fn follow_setting(&self, lending: FoundPoolMode) -> Result<SettingEffect, Error> {
        let mark = Uuid::new_v4().simple().to_string();
        let mut first = Client::open(self).await?;
        let set = format!(
            "select pg_catalog.set_config('glowplug.doctor', '{mark}', false); \
             select pg_catalog.pg_backend_pid()"
        );
        let place = first.query(&set).await?.pop();
        // In session mode, the server connection is free once its client has left.
        let mut kept = Some(first).filter(|_| lending != FoundPoolMode::Session);
        let mut second = Client::open(self).await?;
        for attempt in 0..ATTEMPTS {
            let asked = match &mut kept {
                Some(first) if attempt % 2 == 1 => first,
                _ => &mut second,
            };
            let seen = asked.query(TAKE_BACK).await?;
            if let Some(fate) = fate(&seen, place.as_deref(), &mark) {
                return Ok(fate);
            }
        }
        Ok(SettingEffect::Unknown)
    }

    /// What several clients find at once, each on a server connection of its own.
    async fn left_behind(&self, clients: usize) -> Result<BTreeSet<String>, Error> {
        let look = format!(
            "{BEFORE_BEGIN}begin read only; select pg_catalog.concat(name, ' = ', setting) from pg_catalog.pg_settings \
             where source operator(pg_catalog.=) 'session' \
             and name operator(pg_catalog.<>) all ('{{{EXPECTED}}}'::pg_catalog.text[])"
        );
        let (mut found, mut held) = (BTreeSet::new(), Vec::new());
        for _ in 0..clients {
            let mut client = Client::open(self).await?;
            // A pooler without another free server connection lets this client wait. The probe does not wait for it.
            let Ok(seen) = timeout(PATIENCE, client.query(&look)).await else { break };
            // The first value is that of the statement in front of the transaction.
            found.extend(seen?.into_iter().skip(1));
            held.push(client);
        }
        for mut client in held {
            client.end().await?;
        }
        Ok(found)
    }
}

/// The number of server connections that are looked at, each for a moment.
const MOST_HELD: usize = 5;

/// How long a pooler may take to lend one of them.
const PATIENCE: Duration = Duration::from_millis(200);

/// Reports the backend and the setting there, and resets it, in one transaction.
const TAKE_BACK: &str = "select pg_catalog.pg_backend_pid(); \
    select coalesce(pg_catalog.current_setting('glowplug.doctor', true), ''); \
    select pg_catalog.set_config('glowplug.doctor', '', false)";

/// The setting, if the answers come from the backend where it was set.
fn fate(seen: &Values, place: Option<&str>, mark: &str) -> Option<SettingEffect> {
    match seen.as_slice() {
        [there, value, ..] if Some(there.as_str()) == place => {
            Some(if value == mark { SettingEffect::Leaks } else { SettingEffect::Reset })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_leaks_if_it_is_seen_where_it_was_set() {
        let seen = |place: &str, value: &str| vec![place.to_owned(), value.to_owned(), String::new()];
        assert_eq!(fate(&seen("1", "mark"), Some("1"), "mark"), Some(SettingEffect::Leaks));
        assert_eq!(fate(&seen("1", ""), Some("1"), "mark"), Some(SettingEffect::Reset));
        assert_eq!(fate(&seen("2", ""), Some("1"), "mark"), None);
    }
}
