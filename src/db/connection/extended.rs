//! Statements of the extended protocol in one pipeline, with or without names: the one implementation, for operations and
//! for typed queries.
//!
//! If the server does not know or accept a name, the pipeline is sent a second time with new names, and a third time without
//! names. Nothing has been executed before each new attempt. There is no such attempt within a transaction, because the
//! transaction has failed by then.

use std::borrow::Cow;

use postgres_protocol::message::backend::{DataRowBody, Message};

use crate::db::connection::Connection;
use crate::db::connection::answer::{answer, malformed};
use crate::db::connection::columns::{Columns, columns};
use crate::db::connection::naming::{Name, Parsed, is_name_lost, is_plan_stale};
use crate::db::connection::protocol::{Protocol, Purpose};
use crate::db::connection::statements::{Key, LONGEST};
use crate::db::error::Error;
use crate::db::wire::{Format, Pipeline, PipelineError, Sharing, TransactionStatus};

/// How many times a pipeline is sent with names.
const ATTEMPTS: usize = 2;

/// A statement with its values, as a step of a pipeline.
pub(in crate::db) trait Step {
    /// The format of its values and of its result.
    const FORMAT: Format;
    /// Whether its result's columns are needed.
    const IS_DESCRIBED: bool;

    /// Its key in the cache.
    fn key(&self) -> &Key;

    /// Its text, which is built only when the server has to parse it.
    fn text(&self) -> Cow<'_, str>;

    /// The approximate number of bytes of its text.
    fn text_length(&self) -> usize;

    /// The OIDs of its parameters' types. If empty, the server infers them.
    fn types(&self) -> &[u32];

    /// Its values; `None` is NULL.
    fn values(&self) -> impl Iterator<Item = Option<&[u8]>>;
}

/// Receives the results of a pipeline as they arrive.
pub(in crate::db) trait Reader {
    /// A statement's name is about to be introduced to the server.
    fn prepares(&mut self, _text: &str) {}

    /// A row of a step, with the columns of its result if they are described.
    fn row(&mut self, step: usize, row: &DataRowBody, columns: Option<&Columns>) -> Result<(), Error>;

    /// The end of a step, with its command tag.
    fn end(&mut self, step: usize, tag: &str) -> Result<(), Error>;

    /// Discards the results so far: the pipeline is sent again.
    fn clear(&mut self);
}

/// How a pipeline is sent.
#[derive(Debug, Clone, Copy)]
pub(in crate::db) struct Sending {
    pub(in crate::db) purpose: Purpose,
    pub(in crate::db) sharing: Sharing,
    /// The maximum number of bytes of all rows together; `usize::MAX` means no limit.
    pub(in crate::db) row_limit: usize,
}

/// Whether the statements of a pipeline get names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Naming {
    Unnamed,
    Named,
}

/// Whether a pipeline with names was completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum ByName {
    /// It was.
    Done,
    /// Names cannot be used. Nothing has been executed.
    NotPossible,
}

/// A failed step. An index behind the last step means the end of the implicit transaction.
#[derive(Debug)]
pub(in crate::db) struct StepError {
    pub(in crate::db) step: usize,
    pub(in crate::db) error: Error,
}

/// The result of a pipeline.
enum Attempt {
    Done,
    Failed(StepError),
    /// The server does not know or accept this step's name, or its plan would have another result. Nothing was executed.
    Stale(StepError),
    /// The same for a name that the server had just accepted. A pooler that tracks statements has one for all clients with
    /// the same text. If that one is stale, it is stale under every name.
    Refused(StepError),
}

impl Connection {
    /// Sends statements with names, where names are safe.
    pub(in crate::db) async fn send_named<S: Step>(
        &self,
        steps: &[S],
        sending: Sending,
        reader: &mut impl Reader,
    ) -> Result<ByName, StepError> {
        for attempt in 1..=ATTEMPTS {
            if self.protocols.get().of_purpose(sending.purpose) != Protocol::Prepared {
                break;
            }
            let result = self.attempt(steps, Naming::Named, sending, reader).await;
            self.doubt(&result);
            let (failed, is_final) = match result {
                Attempt::Done => return Ok(ByName::Done),
                Attempt::Failed(failed) => return Err(failed),
                Attempt::Refused(failed) => (failed, true),
                Attempt::Stale(failed) => (failed, attempt == ATTEMPTS),
            };
            if is_final {
                self.statements.lock().refuse(steps[failed.step].key());
            }
            // Within a transaction it would fail again. The next transaction will prepare the statement anew.
            if self.wire.transaction() != TransactionStatus::Idle {
                return Err(failed);
            }
            reader.clear();
            if is_final {
                break;
            }
        }
        Ok(ByName::NotPossible)
    }

    /// Sends statements without names.
    pub(in crate::db) async fn send_unnamed<S: Step>(
        &self,
        steps: &[S],
        sending: Sending,
        reader: &mut impl Reader,
    ) -> Result<(), StepError> {
        match self.attempt(steps, Naming::Unnamed, sending, reader).await {
            Attempt::Done => Ok(()),
            Attempt::Failed(failed) | Attempt::Stale(failed) | Attempt::Refused(failed) => Err(failed),
        }
    }

    /// A lost name may mean that the pooler's pool mode has changed since the protocol was chosen.
    fn doubt(&self, attempt: &Attempt) {
        let Some(choice) = &self.choice else { return };
        let lost = match attempt {
            Attempt::Stale(StepError { error: Error::Database(error), .. }) if is_name_lost(error) => {
                error.to_string()
            }
            // PgBouncer ends the connection if it cannot find a name in its own list.
            Attempt::Failed(StepError { error: Error::Unavailable(error), .. })
                if error.message.contains("prepared statement") =>
            {
                error.to_string()
            }
            _ => return,
        };
        choice.fall_back(&lost);
        self.protocols.set(choice.protocols());
    }

    async fn attempt<S: Step>(
        &self,
        steps: &[S],
        naming: Naming,
        sending: Sending,
        reader: &mut impl Reader,
    ) -> Attempt {
        let names = self.names(steps, naming);
        let pipeline = match self.pipeline(steps, &names, reader) {
            Ok(pipeline) => pipeline.limited_to(sending.row_limit),
            Err(error) => return Attempt::Failed(StepError { step: 0, error: error.into() }),
        };
        let mut progress = Progress::new(reader, &names);
        let result =
            answer(self.wire.send(pipeline, sending.sharing), |message| progress.read(message)).await;
        let Progress { step, phase, columns, .. } = progress;
        let attempt = judge(result, step, phase, names.get(step));
        if let Attempt::Stale(_) | Attempt::Refused(_) = attempt {
            // If one name is lost, the others may be lost too: none of them is used again.
            let mut statements = self.statements.lock();
            for (step, name) in steps.iter().zip(&names) {
                statements.forget_name(step.key(), name.text());
            }
        }
        let is_stale = matches!(attempt, Attempt::Stale(_) | Attempt::Refused(_));
        for (index, (name, prepared)) in names.into_iter().zip(steps).enumerate() {
            let Name::New(preparing) = name else { continue };
            let is_parsed = index < step || (index == step && phase != Phase::Parse);
            preparing.finish(match (is_parsed, S::IS_DESCRIBED, &columns) {
                (false, ..) => Parsed::Failed,
                (true, true, None) => Parsed::Useless,
                _ if is_stale => Parsed::Useless,
                (true, false, _) => Parsed::Done(None, prepared.text_length()),
                (true, true, Some(columns)) => {
                    Parsed::Done(Some(Columns::clone(columns)), prepared.text_length())
                }
            });
        }
        attempt
    }

    /// The name of each step.
    fn names<S: Step>(&self, steps: &[S], naming: Naming) -> Vec<Name<'_>> {
        let mut names: Vec<Name<'_>> = Vec::with_capacity(steps.len());
        for (index, step) in steps.iter().enumerate() {
            let same = steps[..index].iter().position(|earlier| earlier.key() == step.key());
            let name = match same.map(|same| names[same].shared()) {
                _ if naming == Naming::Unnamed || step.text_length() > LONGEST => Name::None,
                Some(Some(name)) => Name::Same(name),
                Some(None) => Name::None,
                None => Name::find(&self.statements, step.key()),
            };
            names.push(name);
        }
        names
    }

    /// All steps before one `Sync`. Names that have to be closed are closed in front of them.
    fn pipeline<S: Step>(
        &self,
        steps: &[S],
        names: &[Name<'_>],
        reader: &mut impl Reader,
    ) -> Result<Pipeline, PipelineError> {
        let mut pipeline = Pipeline::default();
        for leftover in self.statements.lock().take_leftover() {
            pipeline.close(&leftover)?;
        }
        for (step, name) in steps.iter().zip(names) {
            if name.is_parsed_now() {
                let text = step.text();
                if let Name::New(_) = name {
                    reader.prepares(&text);
                }
                pipeline.parse(name.text(), &text, step.types().iter().copied())?;
                if S::IS_DESCRIBED {
                    pipeline.describe(name.text())?;
                }
            }
            pipeline.bind(name.text(), step.values(), S::FORMAT)?;
            pipeline.execute()?;
        }
        pipeline.sync();
        Ok(pipeline)
    }
}

/// What the end of an answer means for the pipeline. `name` is the name of the step in which it ended.
fn judge(result: Result<(), Error>, step: usize, phase: Phase, name: Option<&Name<'_>>) -> Attempt {
    let error = match result {
        Ok(()) => return Attempt::Done,
        Err(error) => error,
    };
    let (is_lost, is_stale) = match &error {
        Error::Database(error) if phase != Phase::Execute => (is_name_lost(error), is_plan_stale(error)),
        _ => (false, false),
    };
    let failed = StepError { step, error };
    match name {
        Some(Name::Known(_) | Name::Same(_)) if is_lost || is_stale => Attempt::Stale(failed),
        Some(Name::New(_)) if phase == Phase::Bind && (is_lost || is_stale) => Attempt::Refused(failed),
        Some(Name::New(_)) if is_lost => Attempt::Stale(failed),
        _ => Attempt::Failed(failed),
    }
}

/// What the server will do with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Parse,
    Bind,
    Execute,
}

/// The progress of reading a pipeline's answer.
struct Progress<'a, R> {
    reader: &'a mut R,
    names: &'a [Name<'a>],
    step: usize,
    phase: Phase,
    /// The columns of the step's result, if they are described.
    columns: Option<Columns>,
}

impl<'a, R: Reader> Progress<'a, R> {
    fn new(reader: &'a mut R, names: &'a [Name<'a>]) -> Self {
        let columns = names.first().and_then(Name::columns);
        Self { reader, names, step: 0, phase: Phase::Parse, columns }
    }

    fn read(&mut self, message: Message) -> Result<(), Error> {
        match message {
            Message::ParseComplete => self.phase = Phase::Bind,
            Message::BindComplete => self.phase = Phase::Execute,
            Message::RowDescription(body) => {
                self.columns = Some(columns(&body).map_err(|error| malformed(&error))?);
            }
            Message::NoData => self.columns = Some(Columns::from(Vec::new())),
            Message::DataRow(row) => self.reader.row(self.step, &row, self.columns.as_ref())?,
            Message::CommandComplete(body) => {
                self.end(body.tag().map_err(|error| malformed(&error))?)?;
            }
            Message::EmptyQueryResponse => self.end("")?,
            Message::CloseComplete | Message::ParameterDescription(_) => {}
            _ => {
                let message = "the answer has a message that has no place in the answer to a query";
                return Err(Error::Protocol(message.to_owned()));
            }
        }
        Ok(())
    }

    fn end(&mut self, tag: &str) -> Result<(), Error> {
        self.reader.end(self.step, tag)?;
        self.step += 1;
        self.phase = Phase::Parse;
        // Only a pipeline of one step is described. Its columns are kept with its name.
        if let Some(name) = self.names.get(self.step) {
            self.columns = name.columns();
        }
        Ok(())
    }
}
