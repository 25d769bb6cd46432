//! What passes through the pooler unchanged: a message of several statements, the extended protocol.

use crate::db::error::Error;
use crate::db::probe::client::{Client, Values, execute};
use crate::db::probe::findings::{ProbeReport, ProbeResult, UnsupportedServer};
use crate::db::wire::Pipeline;

/// A value that no other client uses, of a setting that no pooler tracks.
const MARK: &str = "4327ms";

/// A scope and its statement, as every operation sends them. The third statement returns what the first has set. Without the
/// comment, `PgDog` may choose a standby.
const SEVERAL: &str = "/* pgdog_role: primary */ select pg_catalog.set_config('lock_timeout', '4327ms', true), pg_catalog.set_config('role', 'none', true); \
    select pg_catalog.concat_ws(' ', pg_catalog.current_setting('server_version_num'), pg_catalog.pg_is_in_recovery(), \
    pg_catalog.current_setting('default_transaction_read_only'), pg_catalog.version()); \
    select pg_catalog.current_setting('lock_timeout')";

/// The same with `SET LOCAL`.
const BY_COMMANDS: &str = "/* pgdog_role: primary */ set local \"lock_timeout\" to '4327ms';\nset local \"role\" to 'none';\n\
    select pg_catalog.concat('glow', 'plug');\nselect pg_catalog.current_setting('lock_timeout')";

/// A value that comes back only if the server has seen the whole statement.
const UNNAMED: &str = "select pg_catalog.concat('glow', 'plug')";

/// A statement that is a write for a pooler, and writes nothing: every user may update this view, and the statement matches
/// none of its rows.
const WRITE: &str = "update pg_catalog.pg_settings set setting = setting where false";

/// Records what passes, and what the server reports of itself.
pub(in crate::db) async fn examine(client: &mut Client, findings: &mut ProbeReport) {
    findings.several_statements = match client.query(SEVERAL).await {
        Ok(values) => {
            read_server(&values, findings);
            several(client, &values).await
        }
        Err(error) => {
            let version = client.query("select version()").await.unwrap_or_default();
            findings.unsupported = version.first().and_then(|version| UnsupportedServer::of(version));
            ProbeResult::Fails(error.to_string())
        }
    };
    findings.set_local = match client.query(BY_COMMANDS).await {
        Ok(values) => several(client, &values).await,
        Err(error) => ProbeResult::Fails(error.to_string()),
    };
    findings.unnamed_statement = match unnamed(client).await {
        Ok(values) if values == ["glowplug"] => ProbeResult::Passes,
        Ok(values) => ProbeResult::Fails(format!("the answer was {values:?}")),
        Err(error) => ProbeResult::Fails(error.to_string()),
    };
    if findings.unnamed_statement == ProbeResult::Passes {
        findings.typed_writes = write(client).await.unwrap_or_default();
    }
}

/// A write by the extended protocol has to be committed at the end of its pipeline. pgpool-II in raw mode opens a
/// transaction for it.
async fn write(client: &mut Client) -> Result<ProbeResult, Error> {
    let mut pipeline = Pipeline::default();
    pipeline.parse("", WRITE, std::iter::empty())?;
    execute(&mut pipeline, "")?;
    pipeline.sync();
    let sent = client.send(pipeline).await;
    if client.is_in_transaction() {
        client.end().await?;
        return Ok(ProbeResult::Fails(
            "the pooler opens a transaction for it, and does not commit it".to_owned(),
        ));
    }
    sent.map(|_| ProbeResult::Passes)
}

fn read_server(values: &Values, findings: &mut ProbeReport) {
    let words: Vec<&str> = values.get(1).map(|value| value.split(' ').collect()).unwrap_or_default();
    if let [version, standby, read_only, product @ ..] = words.as_slice() {
        findings.unsupported = UnsupportedServer::of(&product.join(" "));
        findings.server_version = version.parse().ok();
        findings.is_standby = Some(*standby == "t");
        findings.is_read_only = Some(*read_only == "on");
    }
}

/// The setting must have held for the message, and no longer.
async fn several(client: &mut Client, values: &Values) -> ProbeResult {
    match values.as_slice() {
        [.., _, during] if during == MARK => {}
        values => return ProbeResult::Fails(format!("the answers were {values:?}")),
    }
    match client.query("select pg_catalog.current_setting('lock_timeout')").await {
        Ok(values) if values == [MARK] => {
            ProbeResult::Fails("a setting of the message outlived it".to_owned())
        }
        Ok(_) => ProbeResult::Passes,
        Err(error) => ProbeResult::Fails(error.to_string()),
    }
}

/// A command that `PgDog` answers itself. PostgreSQL and other poolers answer that there is no such parameter.
pub(super) async fn pgdog_shards(client: &mut Client) -> Option<u32> {
    client.query("show pgdog.shards").await.ok()?.first()?.parse().ok()
}

/// A command that pgpool-II answers itself. PostgreSQL answers that there is no such parameter.
pub(super) async fn routes_statements(client: &mut Client) -> Option<bool> {
    match client.query("show pool_version").await {
        Ok(_) => Some(true),
        Err(Error::Database(_)) => Some(false),
        Err(_) => None,
    }
}

async fn unnamed(client: &mut Client) -> Result<Values, Error> {
    let mut pipeline = Pipeline::default();
    pipeline.parse("", UNNAMED, std::iter::empty())?;
    pipeline.describe("")?;
    execute(&mut pipeline, "")?;
    pipeline.sync();
    client.send(pipeline).await
}
