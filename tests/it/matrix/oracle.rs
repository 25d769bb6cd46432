//! A role's rights by plain SQL, found by trial: on a direct connection, with `set local role` and the
//! claims, in a transaction that is rolled back. It does not query privileges: PostgreSQL checks them when it
//! explains a statement.

use serde_json::Value;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::normal;
use super::stand::{Attempt, CANNOT, Caller, Outcome, Read, Wanted};
use super::statement::{called, change, literal, quoted};
use super::table::{After, Table};
use crate::harness;

pub(super) struct Oracle {
    client: Client,
    /// A statement that returns the content of the database, except for varying values.
    state: String,
}

impl Oracle {
    pub(super) async fn new(database: &str) -> Self {
        let client = harness::connect(&harness::cluster().url(database)).await;
        let mut oracle = Self { client, state: String::new() };
        let tables = oracle.structure().await;
        let parts: Vec<_> = tables.iter().map(Table::text).collect();
        oracle.state = format!("select md5(concat_ws(e'\\n', {}))", parts.join(", "));
        oracle
    }

    /// The content of the database, as its owner sees it.
    pub(super) async fn state(&self, client: &Client) -> String {
        harness::ask(client, &self.state).await.expect("the state")
    }

    /// The tables, and the caller's rights on them.
    pub(super) async fn tables(&self, caller: &Caller) -> Vec<Table> {
        let mut tables = self.structure().await;
        for table in &mut tables {
            let name = quoted(&table.name);
            for column in &table.columns {
                let (quoted, null) = (quoted(&column.name), format!("null::{}", column.sql_type));
                if self.may(caller, &format!("select {quoted} from {name}")).await {
                    table.selectable.push(column.name.clone());
                }
                if !column.is_numbered {
                    if self.may(caller, &format!("insert into {name} ({quoted}) select {null}")).await {
                        table.insertable.push(column.name.clone());
                    }
                    if self.may(caller, &format!("update {name} set {quoted} = {null}")).await {
                        table.updatable.push(column.name.clone());
                    }
                }
            }
            table.is_deletable = self.may(caller, &format!("delete from {name}")).await;
        }
        tables
    }

    /// The functions that the caller may execute and that can be in an API.
    pub(super) async fn functions(&self, caller: &Caller) -> Vec<String> {
        let statement = "select to_json(proname) from pg_proc where pronamespace = 'public'::regnamespace \
            and has_function_privilege(oid, 'execute') and prorettype <> 'trigger'::regtype \
            and not exists (select from pg_class where reltype = any (proargtypes))";
        self.begin(caller).await;
        let found = self.run(statement).await.expect("the functions");
        self.roll_back().await;
        found.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
    }

    pub(super) async fn rows(&self, caller: &Caller, table: &Table) -> Outcome {
        if !table.is_readable() {
            return Outcome::Refused("42501".to_owned());
        }
        let row = table.json("t", After::Read);
        self.outcome(caller, &format!("select {row} from {} as t", quoted(&table.name))).await.without_state()
    }

    pub(super) async fn read(&self, caller: &Caller, read: &Read) -> Outcome {
        match self.outcome(caller, &read.sql).await.without_state() {
            Outcome::Done { returned: Value::Array(mut rows), state } => {
                Outcome::Done { returned: rows.pop().unwrap_or_default(), state }
            }
            other => other,
        }
    }

    pub(super) async fn attempt(
        &self,
        caller: &Caller,
        attempt: &Attempt,
        table: &Table,
        wanted: Wanted,
    ) -> Outcome {
        if attempt.table().is_some() && !table.is_readable() {
            return Outcome::Refused("42501".to_owned());
        }
        if wanted == Wanted::Count && !matches!(attempt, Attempt::Call { .. }) {
            // To count with RETURNING would need the privilege to read.
            let mut outcome = self.outcome(caller, &change(attempt)).await;
            if let Outcome::Done { returned, .. } = &mut outcome {
                *returned = Value::Null;
            }
            return outcome;
        }
        let statement = match attempt {
            Attempt::Call { call, arguments, returns, .. } => called(call, arguments, *returns, table),
            _ => format!("{} returning {}", change(attempt), table.json(&quoted(&table.name), After::Change)),
        };
        self.outcome(caller, &statement).await
    }

    /// Runs a statement as the caller, reads the content of the database, and undoes it.
    async fn outcome(&self, caller: &Caller, statement: &str) -> Outcome {
        self.begin(caller).await;
        let outcome = match self.run(statement).await {
            Ok(rows) => {
                self.client.batch_execute("reset role").await.expect("the owner's role");
                let state = self.state(&self.client).await;
                Outcome::Done { returned: normal(rows.into()), state: Some(state) }
            }
            Err(code) => Outcome::Refused(code),
        };
        self.roll_back().await;
        outcome
    }

    /// Whether PostgreSQL accepts a statement.
    async fn may(&self, caller: &Caller, statement: &str) -> bool {
        self.begin(caller).await;
        let result = self.run(&format!("explain {statement}")).await;
        self.roll_back().await;
        match result {
            Ok(_) => true,
            Err(code) if CANNOT.contains(&code.as_str()) => false,
            Err(code) => panic!("{statement}: {code}"),
        }
    }

    async fn begin(&self, caller: &Caller) {
        let (claims, role) = (literal(&caller.claims().into()), quoted(&caller.role));
        let scope =
            format!("begin; select set_config('request.jwt.claims', {claims}, true); set local role {role}");
        self.client.batch_execute(&scope).await.expect("the caller's role");
    }

    async fn roll_back(&self) {
        self.client.batch_execute("rollback").await.expect("the way back");
    }

    /// The JSON of the statement's rows, or SQLSTATE.
    async fn run(&self, statement: &str) -> Result<Vec<Value>, String> {
        let result = self.client.simple_query(statement).await;
        let messages =
            result.map_err(|error| error.code().unwrap_or_else(|| panic!("{error}")).code().to_owned())?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(json(row.get(0))),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// The tables, without any rights yet.
    pub(super) async fn structure(&self) -> Vec<Table> {
        let rows = self.client.query(include_str!("structure.sql"), &[]).await.expect("the structure");
        rows.iter().map(|row| Table::new(row.get(0), row.get(1), row.get(2), &json(row.get(3)))).collect()
    }
}

impl Outcome {
    fn without_state(self) -> Self {
        match self {
            Self::Done { returned, .. } => Self::Done { returned, state: None },
            other => other,
        }
    }
}

fn json(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_| text.into()))
}
