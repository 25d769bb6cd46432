//! How a pooler treats named statements: whether they reach the server by their names, and if not, whether the pooler makes
//! them available on every server connection.
//!
//! Names and texts are unique, so that the probe never meets another client's statement. Each pipeline that prepares
//! something on a server also deallocates it there, in its own transaction.

use serde::Serialize;
use uuid::Uuid;

use crate::db::error::Error;
use crate::db::probe::client::{Client, Values, execute};
use crate::db::probe::lending::FoundPoolMode;
use crate::db::wire::Pipeline;

/// How a pooler treats named statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NamedStatements {
    /// They reach the server by the names the client gave. They stay on the one server connection on which they were
    /// prepared.
    AsGiven,
    /// The pooler renames them, and prepares the missing ones on each server connection. Two clients with the same name
    /// described and executed their statements on another server connection than the one on which they had prepared them.
    Tracked,
    /// The pooler renames them, but the probe did not see them follow to another server connection.
    Renamed(String),
    /// Unknown.
    Unknown(String),
}

impl Default for NamedStatements {
    fn default() -> Self {
        Self::Unknown("there was no time to find out".to_owned())
    }
}

/// A statement that no other client has. It returns the name by which the server knows it.
struct Probe {
    /// A mark that occurs in its text, and nowhere else.
    mark: String,
    name: String,
}

impl Probe {
    fn new(name: &str) -> Self {
        Self { mark: Uuid::new_v4().simple().to_string(), name: name.to_owned() }
    }

    /// The statement finds itself by the mark in its own text.
    fn text(&self) -> String {
        format!(
            "select pg_catalog.concat(name, ' {0}') from pg_catalog.pg_prepared_statements \
             where pg_catalog.strpos(statement, '{0}') operator(pg_catalog.>) 0",
            self.mark
        )
    }

    fn prepare(&self, pipeline: &mut Pipeline) -> Result<(), Error> {
        Ok(pipeline.parse(&self.name, &self.text(), std::iter::empty())?)
    }

    /// Makes the server forget the statement, whatever its name there.
    fn deallocate(&self, pipeline: &mut Pipeline) -> Result<(), Error> {
        let text = format!(
            "do $$ declare found pg_catalog.text; begin for found in select name from pg_catalog.pg_prepared_statements \
             where name operator(pg_catalog.<>) '' and pg_catalog.strpos(statement, '{}') operator(pg_catalog.>) 0 loop execute pg_catalog.format('deallocate %I', found); \
             end loop; end $$",
            self.mark
        );
        pipeline.parse("", &text, std::iter::empty())?;
        execute(pipeline, "")
    }

    /// The server's name for it, taken from its answer.
    fn name_at_server<'a>(&self, values: &'a Values) -> Option<&'a str> {
        values.first()?.strip_suffix(&self.mark)?.strip_suffix(' ')
    }
}

/// Finds out how the pooler treats named statements. The clients are in no transaction.
pub(in crate::db) async fn examine(
    first: &mut Client,
    second: &mut Client,
    lending: FoundPoolMode,
) -> NamedStatements {
    let probe = Probe::new(&format!("glowplug_probe_{}", Uuid::new_v4().simple()));
    // In statement mode, the first client's connection ended when it began a transaction.
    let asking = if lending == FoundPoolMode::Statement { &mut *second } else { &mut *first };
    match name_at_server(asking, &probe).await {
        Ok(Some(name)) if name == probe.name => NamedStatements::AsGiven,
        Ok(Some(_)) if lending == FoundPoolMode::Statement => {
            NamedStatements::Renamed("statement mode has no transactions to try it in".to_owned())
        }
        Ok(Some(_)) => {
            follow(first, second).await.unwrap_or_else(|error| NamedStatements::Renamed(error.to_string()))
        }
        Ok(None) => NamedStatements::Unknown("the server does not list them".to_owned()),
        Err(error) => NamedStatements::Unknown(error.to_string()),
    }
}

/// Prepares, executes, closes and deallocates in one pipeline, so that nothing is left in any pool mode.
async fn name_at_server(client: &mut Client, probe: &Probe) -> Result<Option<String>, Error> {
    let mut pipeline = Pipeline::default();
    probe.prepare(&mut pipeline)?;
    execute(&mut pipeline, &probe.name)?;
    pipeline.close(&probe.name)?;
    probe.deallocate(&mut pipeline)?;
    pipeline.sync();
    match client.send(pipeline).await {
        Ok(values) => Ok(probe.name_at_server(&values).map(str::to_owned)),
        Err(error) => {
            // What stood behind the error was skipped.
            close(client, &probe.name).await?;
            Err(error)
        }
    }
}

async fn close(client: &mut Client, name: &str) -> Result<(), Error> {
    let mut pipeline = Pipeline::default();
    pipeline.close(name)?;
    pipeline.sync();
    client.send(pipeline).await.map(|_| ())
}

/// Lets two clients prepare statements by the same name, then swap their server connections, and use them there.
async fn follow(first: &mut Client, second: &mut Client) -> Result<NamedStatements, Error> {
    let name = format!("glowplug_probe_{}", Uuid::new_v4().simple());
    let (of_first, of_second) = (Probe::new(&name), Probe::new(&name));
    let before = prepare_within(first, &of_first).await?;
    // While the second client holds that server connection, the first must get another one.
    let held = second.begin().await?;
    let verdict = if held == before {
        prepare(second, &of_second).await?;
        use_elsewhere(first, &of_first, before).await
    } else {
        Ok(NamedStatements::Renamed("no other server connection was lent to try it on".to_owned()))
    };
    second.end().await?;
    close(first, &name).await?;
    close(second, &name).await?;
    verdict
}

/// Prepares in a transaction, and returns the process id of the backend.
async fn prepare_within(client: &mut Client, probe: &Probe) -> Result<i32, Error> {
    let backend = client.begin().await?;
    prepare(client, probe).await?;
    client.end().await?;
    Ok(backend)
}

/// `Parse`, then `Bind` and `Execute`, each in a pipeline of its own; then the server forgets it.
async fn prepare(client: &mut Client, probe: &Probe) -> Result<(), Error> {
    let mut pipeline = Pipeline::default();
    probe.prepare(&mut pipeline)?;
    pipeline.sync();
    client.send(pipeline).await?;
    let values = run(client, probe).await?;
    deallocate(client, probe).await?;
    match probe.name_at_server(&values) {
        Some(_) => Ok(()),
        None => Err(Error::Protocol(format!("the answer to a named statement was {values:?}"))),
    }
}

async fn run(client: &mut Client, probe: &Probe) -> Result<Values, Error> {
    let mut pipeline = Pipeline::default();
    execute(&mut pipeline, &probe.name)?;
    pipeline.sync();
    client.send(pipeline).await
}

async fn deallocate(client: &mut Client, probe: &Probe) -> Result<(), Error> {
    let mut pipeline = Pipeline::default();
    probe.deallocate(&mut pipeline)?;
    pipeline.sync();
    client.send(pipeline).await.map(|_| ())
}

/// `Describe`, then `Bind` and `Execute`, each in a pipeline of its own, on another server connection.
async fn use_elsewhere(client: &mut Client, probe: &Probe, before: i32) -> Result<NamedStatements, Error> {
    let now = client.begin().await?;
    if now == before {
        client.end().await?;
        return Ok(NamedStatements::Renamed("no second server connection was lent to try it on".to_owned()));
    }
    let mut describing = Pipeline::default();
    describing.describe(&probe.name)?;
    describing.sync();
    client.send(describing).await?;
    let values = run(client, probe).await?;
    deallocate(client, probe).await?;
    client.end().await?;
    Ok(match probe.name_at_server(&values) {
        Some(_) => NamedStatements::Tracked,
        None => NamedStatements::Renamed(format!("the answer on another server connection was {values:?}")),
    })
}
