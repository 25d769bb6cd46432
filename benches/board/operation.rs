//! The operations, as the load generators send them: a wrk script with the GraphQL, a pgbench script with the
//! very message that the engine makes of it.
//!
//! The only thing that varies is a number of six digits, which both generators can make up.

use std::ops::RangeInclusive;
use std::sync::Arc;

use glowplug::config::Config;
use glowplug::db::{Access, Scope, message};
use glowplug::plan::{Effect, Source, plan};
use glowplug::request::{Document, Operation as Validated, json_map};
use glowplug::schema::Schema;
use glowplug::schema::rendered::Rendered;
use glowplug::sql::{Statement, statements};
use serde_json::{Map, Value, json};

/// One of the operations.
pub(crate) struct Operation {
    /// What the table calls it.
    pub(crate) name: &'static str,
    document: &'static str,
    /// The variable that varies, and what stands before its number.
    variable: (&'static str, &'static str),
    /// Which numbers there are rows for.
    pub(crate) numbers: RangeInclusive<u32>,
}

/// What stands before the number in every key.
const KEY: &str = "00000000-0000-4000-8000-000000";

/// All of them. No page is cut short; their sizes keep the last one below the default limit on complexity.
pub(crate) const OPERATIONS: [Operation; 5] = [
    Operation {
        name: "one task by key, project, assignee, comments",
        document: "query Task($id: UUID!) { taskByPk(id: $id) { id title status priority dueOn \
                   project { id code name } assignee { id name } \
                   comments { edges { node { id body createdAt } } } } }",
        variable: ("id", KEY),
        numbers: 100_000..=199_999,
    },
    Operation {
        name: "30 tasks, project and assignee",
        document: "query Tasks($assignee: UUID!) { \
                   taskCollection(first: 30, filter: {assigneeId: {eq: $assignee}}) { edges { node { \
                   id title status priority dueOn project { id code name } assignee { id name } } } } }",
        variable: ("assignee", KEY),
        numbers: 100_000..=101_999,
    },
    Operation {
        name: "100 projects, their tasks, their comments",
        document: "query Projects($budget: BigFloat!) { \
                   projectCollection(first: 100, filter: {budget: {gte: $budget}}) { edges { node { \
                   id code name tasks(first: 50) { edges { node { id title status priority \
                   comments(first: 20) { edges { node { id body createdAt } } } } } } } } } }",
        variable: ("budget", ""),
        numbers: 100_000..=125_000,
    },
    Operation {
        name: "a comment inserted, with its task",
        document: "mutation Comment($task: UUID!) { insertIntoCommentCollection(objects: [{ \
                   taskId: $task, authorId: \"00000000-0000-4000-8000-000000100000\", \
                   body: \"It is 'done', as far as I can see.\" }]) { \
                   affectedCount records { body task { title project { name } } } } }",
        variable: ("task", KEY),
        numbers: 100_000..=199_999,
    },
    Operation {
        name: "a task updated by key, with its project",
        document: "mutation Urgent($id: UUID!) { updateTaskCollection(set: {priority: 1}, filter: {id: {eq: $id}}) { \
                   affectedCount records { title status priority project { id code name } } } }",
        variable: ("id", KEY),
        numbers: 100_000..=199_999,
    },
];

impl Operation {
    /// The request's body for a number.
    pub(crate) fn body(&self, number: &str) -> String {
        json!({"query": self.document, "variables": self.variables(number)}).to_string()
    }

    fn variables(&self, number: &str) -> Map<String, Value> {
        let (name, prefix) = self.variable;
        Map::from_iter([(name.to_owned(), Value::String(format!("{prefix}{number}")))])
    }

    /// The last number that there is a row for.
    pub(crate) fn last(&self) -> String {
        self.numbers.end().to_string()
    }

    /// What stands behind the scope in the message that the engine sends for a number.
    pub(crate) fn statements(&self, api: &(Schema, Rendered), config: &Config, number: &str) -> String {
        let (scope, statements) = self.compile(api, config, number);
        let message = message(&scope, &statements).expect("it can be composed");
        message.split_once(";\n").expect("the scope ends").1.to_owned()
    }

    /// What the engine makes of it for a number: the scope and the statements.
    pub(crate) fn compile(
        &self,
        api: &(Schema, Rendered),
        config: &Config,
        number: &str,
    ) -> (Scope, Vec<Statement>) {
        let (schema, rendered) = api;
        let document = Document::parse(rendered, self.document, &config.limits).expect("it is valid");
        let variables = json_map(self.variables(number));
        let operation =
            Validated::new(Arc::new(document), None, &variables, (schema, rendered), &config.limits)
                .expect("it keeps to the limits");
        let plan = plan(schema, &operation).expect("it can be planned");
        let statements = plan.roots.iter().filter_map(|root| match &root.source {
            Source::Database(read) => Some(statements(schema, read)),
            Source::Known(_) | Source::Introspection | Source::Application(_) => None,
        });
        let scope = Scope {
            access: match plan.effect {
                Effect::Query => Access::ReadOnly,
                Effect::Mutation => Access::ReadWrite,
            },
            role: None,
            settings: Vec::new(),
            statement_timeout: config.database.statement_timeout,
            answer_limit: usize::MAX,
        };
        (scope, statements.flatten().collect())
    }

    /// A script for pgbench: the message that was sent for the last number, with numbers of its own. `\;` keeps both statements
    /// in one message.
    pub(crate) fn pgbench_script(&self, message: &str) -> String {
        let (first, last) = (self.numbers.start(), self.numbers.end());
        let sample = self.last();
        assert_eq!(message.matches(&sample).count(), 1, "the number can be found in:\n{message}");
        let message = message.trim_end().replacen(";\n", "\\;\n", 1).replace(&sample, ":number");
        format!("\\set number random({first}, {last})\n{message};\n")
    }

    /// A script for wrk: the request with numbers of its own, and a line with the figures at the end.
    pub(crate) fn wrk_script(&self) -> String {
        let (first, last) = (self.numbers.start(), self.numbers.end());
        let body = self.body("NUMBER");
        let (before, after) = body.split_once("NUMBER").expect("the number has its place");
        format!(
            "local before = [==[{before}]==]\nlocal after = [==[{after}]==]\n\
             local headers = {{[\"content-type\"] = \"application/json\"}}\n\
             function init() math.randomseed(os.time()) end\n\
             function request()\n  \
             return wrk.format(\"POST\", \"/graphql\", headers, before .. math.random({first}, {last}) .. after)\n\
             end\n\
             function done(summary, latency)\n  \
             local e = summary.errors\n  \
             io.write(string.format(\"figures %d %d %d %d %d\\n\", summary.requests, summary.duration,\n    \
             latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))\n\
             end\n"
        )
    }
}
