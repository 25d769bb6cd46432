//! A role's rights through the API: the same attempts in GraphQL, with the convention's names.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use glowplug::config::PoolMode;
use glowplug::engine::{AllowedOperations, Identity, ReadFrom, Request};
use serde_json::{Map, Value};
use tokio_postgres::Client;

use super::normal;
use super::oracle::Oracle;
use super::stand::{Attempt, Caller, Outcome, Read, Returns, Wanted};
use super::table::{After, Table};
use crate::harness;
use crate::ways::{Answering, Route};

pub(super) struct Api {
    answering: Answering,
    inflects: bool,
    /// The owner's connection.
    owner: Client,
    /// The initial content of the database, and the statements that restore it.
    fresh: String,
    restore: String,
}

/// The names that introspection shows.
pub(super) struct Shown {
    pub(super) roots: BTreeSet<String>,
    /// `Type.field` of tables' types and inputs.
    pub(super) columns: BTreeSet<String>,
}

impl Api {
    pub(super) async fn new(route: Route, database: &str, inflects: bool, oracle: &Oracle) -> Self {
        let url = harness::cluster().url(database);
        let answering = Answering::start(route, &harness::config(&url, PoolMode::Direct)).await;
        let owner = harness::connect(&url).await;
        let saved = oracle.structure().await;
        let (save, restore): (Vec<_>, Vec<_>) = saved.iter().filter_map(Table::saved).unzip();
        owner
            .batch_execute(&format!("create schema saved; {}", save.join(" ")))
            .await
            .expect("a copy of all rows");
        // Without triggers and foreign keys.
        let restore =
            format!("begin; set local session_replication_role = replica; {} commit", restore.join(" "));
        let fresh = oracle.state(&owner).await;
        Self { answering, inflects, owner, fresh, restore }
    }

    pub(super) fn type_name(&self, table: &str) -> String {
        if !self.inflects {
            return table.to_owned();
        }
        table
            .split('_')
            .filter(|word| !word.is_empty())
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect()
    }

    pub(super) fn field(&self, name: &str) -> String {
        if !self.inflects {
            return name.to_owned();
        }
        let name = self.type_name(name);
        name[..1].to_lowercase() + &name[1..]
    }

    /// What introspection shows to the caller, except relations and computed fields, which are not columns.
    pub(super) async fn shown(&self, caller: &Caller) -> Shown {
        let query = "{ __schema { queryType { fields { name } } mutationType { fields { name } } types { name \
            fields { name type { kind ofType { kind } } } inputFields { name type { name } } } } }";
        let answer = self.ask(caller, query).await;
        let schema = &answer["data"]["__schema"];
        let names = |value: &Value| -> Vec<String> {
            let items = value.as_array().cloned().unwrap_or_default();
            items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
        };
        let mut roots: BTreeSet<String> = names(&schema["queryType"]["fields"]).into_iter().collect();
        roots.extend(names(&schema["mutationType"]["fields"]));
        let mut columns = BTreeSet::new();
        for definition in schema["types"].as_array().expect("types") {
            let name = definition["name"].as_str().expect("a name");
            if name.ends_with("InsertInput") || name.ends_with("UpdateInput") {
                // Nested inserts are not columns.
                let is_column = |field: &&Value| {
                    let takes = field["type"]["name"].as_str().unwrap_or_default();
                    !takes.ends_with("InsertOneInput") && !takes.ends_with("InsertManyInput")
                };
                let fields = definition["inputFields"].as_array().into_iter().flatten().filter(is_column);
                let fields = fields.filter_map(|field| field["name"].as_str());
                columns.extend(fields.map(|field| format!("{name}.{field}")));
            } else if roots.contains(&(self.lower(name) + "Collection")) {
                let is_leaf = |field: &Value| {
                    let kinds = [&field["type"]["kind"], &field["type"]["ofType"]["kind"]];
                    !kinds.iter().any(|kind| *kind == "OBJECT")
                        && !field["name"].as_str().is_some_and(|name| name == "nodeId" || name == "reference")
                };
                let fields = definition["fields"].as_array().expect("fields");
                let leaves =
                    fields.iter().filter(|field| is_leaf(field)).filter_map(|field| field["name"].as_str());
                columns.extend(leaves.map(|field| format!("{name}.{field}")));
            }
        }
        Shown { roots, columns }
    }

    fn lower(&self, type_name: &str) -> String {
        if self.inflects { type_name[..1].to_lowercase() + &type_name[1..] } else { type_name.to_owned() }
    }

    /// All rows that the caller can read, page by page.
    pub(super) async fn rows(&self, caller: &Caller, table: &Table) -> Outcome {
        let (mut rows, mut after) = (Vec::new(), Value::Null);
        let collection = self.field(&table.name) + "Collection";
        let columns = self.fields(table, After::Read);
        loop {
            let query = format!(
                "{{ {collection}(first: 30, after: {after}) {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {columns} }} }} }} }}"
            );
            let answer = self.ask(caller, &query).await;
            if let Some(outcome) = refusal(&answer) {
                return outcome;
            }
            let page = &answer["data"][&collection];
            rows.extend(
                page["edges"]
                    .as_array()
                    .expect("rows")
                    .iter()
                    .map(|edge| self.row(table, &edge["node"], After::Read)),
            );
            if page["pageInfo"]["hasNextPage"] != true {
                return Outcome::Done { returned: normal(rows.into()), state: None };
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }

    pub(super) async fn read(&self, caller: &Caller, read: &Read) -> Outcome {
        let answer = self.ask(caller, &read.graphql).await;
        refusal(&answer)
            .unwrap_or_else(|| Outcome::Done { returned: normal(answer["data"].clone()), state: None })
    }

    /// Restores the rows, so that the next attempt finds the same ones.
    pub(super) async fn attempt(
        &self,
        caller: &Caller,
        attempt: &Attempt,
        table: &Table,
        wanted: Wanted,
        oracle: &Oracle,
    ) -> Outcome {
        let answer = self.ask(caller, &self.document(attempt, table, wanted)).await;
        let state = oracle.state(&self.owner).await;
        let outcome = refusal(&answer).unwrap_or_else(|| {
            let answered =
                answer["data"].as_object().and_then(|roots| roots.values().next()).expect("a root field");
            Outcome::Done {
                returned: self.returned(attempt, table, wanted, answered),
                state: Some(state.clone()),
            }
        });
        if self.fresh != state {
            assert!(outcome.is_done(), "{caller}: {attempt:?} was refused, but changed something");
            self.owner.batch_execute(&self.restore).await.expect("the rows as they were");
        }
        outcome
    }

    fn returned(&self, attempt: &Attempt, table: &Table, wanted: Wanted, answered: &Value) -> Value {
        let rows = |list: &Value| -> Vec<Value> {
            let list = list.as_array().cloned().unwrap_or_default();
            list.iter().map(|row| self.row(table, row.get("node").unwrap_or(row), After::Change)).collect()
        };
        normal(match attempt {
            Attempt::Call { returns: Returns::Value, .. } => Value::Array(vec![answered.clone()]),
            Attempt::Call { returns: Returns::Row, .. } if answered.is_null() => Value::Array(Vec::new()),
            Attempt::Call { returns: Returns::Row, .. } => {
                Value::Array(vec![self.row(table, answered, After::Change)])
            }
            Attempt::Call { returns: Returns::Rows, .. } => rows(&answered["edges"]).into(),
            _ if wanted == Wanted::Rows => rows(&answered["records"]).into(),
            _ => Value::Null,
        })
    }

    /// A row of the API by the names of its columns.
    fn row(&self, table: &Table, row: &Value, after: After) -> Value {
        let columns = table.compared(after);
        columns.map(|name| (name.to_owned(), row[self.field(name)].clone())).collect::<Map<_, _>>().into()
    }

    fn fields(&self, table: &Table, after: After) -> String {
        let names: Vec<_> = table.compared(after).map(|name| self.field(name)).collect();
        if names.is_empty() { "__typename".to_owned() } else { names.join(" ") }
    }

    fn document(&self, attempt: &Attempt, table: &Table, wanted: Wanted) -> String {
        let type_name = self.type_name(attempt.table().unwrap_or_default());
        let fields = self.fields(table, After::Change);
        let answer = match wanted {
            Wanted::Count => "affectedCount".to_owned(),
            Wanted::Rows => format!("records {{ {fields} }}"),
        };
        match attempt {
            Attempt::Insert { values, .. } => {
                let object = self.object(table, values, str::to_owned);
                format!("mutation {{ insertInto{type_name}Collection(objects: [{object}]) {{ {answer} }} }}")
            }
            Attempt::Update { set, condition, .. } => {
                let (set, filter) =
                    (self.object(table, set, str::to_owned), self.object(table, condition, equal));
                format!(
                    "mutation {{ update{type_name}Collection(set: {set}, filter: {filter}, atMost: 1000) {{ {answer} }} }}"
                )
            }
            Attempt::Delete { condition, .. } => {
                let filter = self.object(table, condition, equal);
                format!(
                    "mutation {{ deleteFrom{type_name}Collection(filter: {filter}, atMost: 1000) {{ {answer} }} }}"
                )
            }
            Attempt::Call { call, operation, arguments, returns, .. } => {
                let given = self.object(table, arguments, str::to_owned);
                let given = given.trim_matches(['{', '}']);
                let given = if given.is_empty() { String::new() } else { format!("({given})") };
                let selection = match returns {
                    Returns::Value => String::new(),
                    Returns::Row => format!("{{ {fields} }}"),
                    Returns::Rows => format!("{{ edges {{ node {{ {fields} }} }} }}"),
                };
                format!("{operation} {{ {}{given} {selection} }}", self.field(call))
            }
        }
    }

    /// An input object, in which enum labels are names.
    fn object(&self, table: &Table, values: &Map<String, Value>, wrap: impl Fn(&str) -> String) -> String {
        let mut object = "{".to_owned();
        for (name, value) in values {
            let value = match value {
                Value::String(label) if table.is_enum(name) => label.clone(),
                other => other.to_string(),
            };
            write!(object, "{}: {} ", self.field(name), wrap(&value)).expect("a string takes all");
        }
        object + "}"
    }

    async fn ask(&self, caller: &Caller, query: &str) -> Value {
        let request = Request {
            document: query.into(),
            operation_name: None,
            variables: Map::new(),
            extensions: Map::new(),
            allowed: AllowedOperations::All,
            read_from: ReadFrom::default(),
        };
        let settings = [("request.jwt.claims".into(), caller.claims().into())].into();
        let response = self
            .answering
            .respond(
                request,
                &Identity { role: Some(caller.role.as_str().into()), settings, ..Identity::default() },
            )
            .await;
        serde_json::from_slice(&response.body).expect("the answer is JSON")
    }
}

fn equal(value: &str) -> String {
    format!("{{ eq: {value} }}")
}

/// The outcome of the answer's first error, if it has one.
fn refusal(answer: &Value) -> Option<Outcome> {
    let error = answer.get("errors")?.get(0)?;
    Some(match (error["extensions"]["sqlstate"].as_str(), error["extensions"]["code"].as_str()) {
        (Some(code), _) => Outcome::Refused(code.to_owned()),
        (None, Some("BAD_USER_INPUT")) => Outcome::Absent,
        (None, Some("FORBIDDEN")) => Outcome::Refused("42501".to_owned()),
        _ => panic!("{answer}"),
    })
}
