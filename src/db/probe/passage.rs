//! What passes through the pooler unchanged: a message of several statements, the extended protocol.

use serde::Serialize;

use super::Findings;
use super::client::{Client, Values, execute};
use crate::db::Error;
use crate::db::wire::Flight;

/// Whether something passes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passage {
    /// It passes.
    Passes,
    /// It does not; what was seen instead.
    Fails(String),
    /// It was not found out.
    #[default]
    Unknown,
}

/// A setting's value that nobody else uses, of a setting that no pooler follows.
const MARK: &str = "4327ms";

/// A scope and its statement, as every operation has it; the third statement says what the first has set.
const SEVERAL: &str = "select pg_catalog.set_config('lock_timeout', '4327ms', true); \
    select pg_catalog.current_setting('server_version_num') || ' ' || pg_catalog.pg_is_in_recovery()::text; \
    select pg_catalog.current_setting('lock_timeout')";

/// A value that comes back only if the server has seen the statement whole.
const UNNAMED: &str = "select 'glow' || 'plug'";

/// Fills in what passes, and what the server says of itself.
pub(super) async fn examine(client: &mut Client, findings: &mut Findings) {
    findings.several_statements = match client.query(SEVERAL).await {
        Ok(values) => {
            read_server(&values, findings);
            several(client, &values).await
        }
        Err(error) => Passage::Fails(error.to_string()),
    };
    findings.unnamed_statement = match unnamed(client).await {
        Ok(values) if values == ["glowplug"] => Passage::Passes,
        Ok(values) => Passage::Fails(format!("the answer was {values:?}")),
        Err(error) => Passage::Fails(error.to_string()),
    };
}

fn read_server(values: &Values, findings: &mut Findings) {
    if let Some((version, standby)) = values.get(1).and_then(|value| value.split_once(' ')) {
        findings.server_version = version.parse().ok();
        findings.is_standby = standby.parse().ok();
    }
}

/// The setting must have held for the message, and no longer.
async fn several(client: &mut Client, values: &Values) -> Passage {
    match values.as_slice() {
        [_, _, during] if during == MARK => {}
        values => return Passage::Fails(format!("the answers were {values:?}")),
    }
    match client.query("select pg_catalog.current_setting('lock_timeout')").await {
        Ok(values) if values == [MARK] => Passage::Fails("a setting of the message outlived it".to_owned()),
        Ok(_) => Passage::Passes,
        Err(error) => Passage::Fails(error.to_string()),
    }
}

async fn unnamed(client: &mut Client) -> Result<Values, Error> {
    let mut flight = Flight::default();
    flight.parse("", UNNAMED, std::iter::empty())?;
    flight.describe("")?;
    execute(&mut flight, "")?;
    flight.sync();
    client.send(flight).await
}
