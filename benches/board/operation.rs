//! The operations, as the load generators send them: a wrk script with the GraphQL, a pgbench script with SQL.
//!
//! What varies from request to request is one number, which both generators can make up.

use std::ops::RangeInclusive;
use std::sync::Arc;

use glowplug::config::Config;
use glowplug::db::{Access, Reach, Scope, message};
use glowplug::plan::{Effect, Source, plan};
use glowplug::request::{Document, Facts, Operation as Validated, json_map};
use glowplug::schema::Schema;
use glowplug::schema::rendered::Rendered;
use glowplug::sql::{Statement, compile};
use serde_json::{Map, Value, json};

/// One of the operations.
pub(crate) struct Operation {
    /// What the table calls it.
    pub(crate) name: &'static str,
    pub(crate) document: &'static str,
    /// The variable that varies, if there is one.
    pub(crate) variable: Option<Variable>,
    /// Which numbers there are rows for.
    pub(crate) numbers: RangeInclusive<u32>,
    /// What a careful engineer writes for the same answer, with `:number` in place of the number.
    pub(crate) by_hand: &'static str,
}

/// The variable of an operation that varies.
#[derive(Clone, Copy)]
pub(crate) enum Variable {
    /// A string: its name, and the text before the number.
    Text(&'static str, &'static str),
    /// The number itself: its name.
    Number(&'static str),
    /// A value that is made of the number: its name.
    Made(&'static str, fn(u32) -> Value),
}

/// The text before the number in every key.
const KEY: &str = "00000000-0000-4000-8000-000000";

/// Those of the task board. No page is cut short; their sizes keep the last one below the default limit on complexity.
pub(crate) const OPERATIONS: [Operation; 10] = [
    Operation {
        name: "one task by key, project, assignee, comments",
        document: "query Task($id: UUID!) { taskByPk(id: $id) { id title status priority dueOn \
                   project { id code name } assignee { id name } \
                   comments { edges { node { id body createdAt } } } } }",
        variable: Some(Variable::Text("id", KEY)),
        numbers: 100_000..=199_999,
        by_hand: include_str!("by_hand/task.sql"),
    },
    Operation {
        name: "30 tasks, project and assignee",
        document: "query Tasks($assignee: UUID!) { \
                   taskCollection(first: 30, filter: {assigneeId: {eq: $assignee}}) { edges { node { \
                   id title status priority dueOn project { id code name } assignee { id name } } } } }",
        variable: Some(Variable::Text("assignee", KEY)),
        numbers: 100_000..=101_999,
        by_hand: include_str!("by_hand/tasks.sql"),
    },
    Operation {
        name: "100 projects, their tasks, their comments",
        document: "query Projects($budget: BigFloat!) { \
                   projectCollection(first: 100, filter: {budget: {gte: $budget}}) { edges { node { \
                   id code name tasks(first: 50) { edges { node { id title status priority \
                   comments(first: 20) { edges { node { id body createdAt } } } } } } } } } }",
        variable: Some(Variable::Text("budget", "")),
        numbers: 100_000..=125_000,
        by_hand: include_str!("by_hand/projects.sql"),
    },
    Operation {
        name: "30 tasks, filtered by project and comments",
        document: "query Active($assignee: UUID!) { taskCollection(first: 30, filter: {assigneeId: {eq: $assignee}, \
                   project: {isArchived: {eq: false}, budget: {gt: \"110000\"}}, \
                   comments: {some: {createdAt: {gt: \"2026-01-02\"}}}}) { edges { node { id title } } } }",
        variable: Some(Variable::Text("assignee", KEY)),
        numbers: 100_000..=101_999,
        by_hand: include_str!("by_hand/active.sql"),
    },
    Operation {
        name: "30 tasks, ordered by project and comments",
        document: "query Busy($assignee: UUID!) { taskCollection(first: 30, filter: {assigneeId: {eq: $assignee}}, \
                   orderBy: [{project: {name: AscNullsLast}}, {comments: {count: DescNullsLast}}]) { \
                   edges { node { id title } } } }",
        variable: Some(Variable::Text("assignee", KEY)),
        numbers: 100_000..=101_999,
        by_hand: include_str!("by_hand/busy.sql"),
    },
    Operation {
        name: "a person's tasks in groups by priority and month",
        document: "query Groups($assignee: UUID!) { taskGroups(first: 30, by: [{column: priority}, \
                   {column: dueOn, truncate: MONTH}], filter: {assigneeId: {eq: $assignee}}, \
                   having: {count: {gt: 1}}, orderBy: [{count: DescNullsLast}]) { edges { node { \
                   key { priority dueOn } count sum { estimateHours } max { dueOn } } } } }",
        variable: Some(Variable::Text("assignee", KEY)),
        numbers: 100_000..=101_999,
        by_hand: include_str!("by_hand/groups.sql"),
    },
    Operation {
        name: "a comment inserted, with its task",
        document: "mutation Comment($task: UUID!) { insertIntoCommentCollection(objects: [{ \
                   taskId: $task, authorId: \"00000000-0000-4000-8000-000000100000\", \
                   body: \"It is 'done', as far as I can see.\" }]) { \
                   affectedCount records { body task { title project { name } } } } }",
        variable: Some(Variable::Text("task", KEY)),
        numbers: 100_000..=199_999,
        by_hand: include_str!("by_hand/comment.sql"),
    },
    Operation {
        name: "a task updated by key, with its project",
        document: "mutation Urgent($id: UUID!) { updateTaskCollection(set: {priority: 1}, filter: {id: {eq: $id}}) { \
                   affectedCount records { title status priority project { id code name } } } }",
        variable: Some(Variable::Text("id", KEY)),
        numbers: 100_000..=199_999,
        by_hand: include_str!("by_hand/urgent.sql"),
    },
    Operation {
        name: "100 tasks upserted, of which a fifth are there",
        document: "mutation Upsert($objects: [TaskInsertInput!]!) { insertIntoTaskCollection(objects: $objects, \
                   onConflict: {constraint: task_project_id_number_key, updateColumns: [title, priority]}) { affectedCount } }",
        variable: Some(Variable::Made("objects", tasks)),
        numbers: 100_000..=104_999,
        by_hand: include_str!("by_hand/upsert.sql"),
    },
    Operation {
        name: "a task with 100 comments inserted",
        document: "mutation Nested($objects: [TaskInsertInput!]!) { insertIntoTaskCollection(objects: $objects, \
                   onConflict: {constraint: task_project_id_number_key, updateColumns: [title]}) { \
                   affectedCount records { title } } }",
        variable: Some(Variable::Made("objects", task_with_comments)),
        numbers: 100_000..=199_999,
        by_hand: include_str!("by_hand/nested.sql"),
    },
];

/// The tasks 1 to 100 of the project with that number, which has twenty.
fn tasks(project: u32) -> Value {
    let task = |number: u32| {
        json!({
            "projectId": format!("{KEY}{project}"), "number": number, "title": format!("Task {number}"),
            "priority": 1 + number % 5, "authorId": format!("{KEY}100000"),
        })
    };
    (1..=100).map(task).collect()
}

/// A task of that number with its comments.
fn task_with_comments(number: u32) -> Value {
    let comment =
        |number: u32| json!({"authorId": format!("{KEY}100000"), "body": format!("Comment {number}")});
    let comments: Value = (1..=100).map(comment).collect();
    json!([{
        "projectId": format!("{KEY}100000"), "number": number, "title": "A task", "authorId": format!("{KEY}100000"),
        "comments": {"objects": comments},
    }])
}

impl Operation {
    /// The request's body for a number.
    pub(crate) fn body(&self, number: u32) -> String {
        json!({"query": self.document, "variables": self.variables(number)}).to_string()
    }

    fn variables(&self, number: u32) -> Map<String, Value> {
        let variable = self.variable.map(|variable| match variable {
            Variable::Text(name, prefix) => (name.to_owned(), Value::String(format!("{prefix}{number}"))),
            Variable::Number(name) => (name.to_owned(), number.into()),
            Variable::Made(name, make) => (name.to_owned(), make(number)),
        });
        variable.into_iter().collect()
    }

    /// The last number that there is a row for.
    pub(crate) fn last(&self) -> u32 {
        *self.numbers.end()
    }

    /// The hand-written statement for a number.
    pub(crate) fn by_hand(&self, number: u32) -> String {
        self.by_hand.replace(":number", &number.to_string())
    }

    /// The hand-written statement with a parameter in the place of the number, which may end a UUID.
    pub(crate) fn by_hand_prepared(&self) -> String {
        let in_uuid = self.by_hand.split_once(":number'");
        let Some((head, prefix, rest)) = in_uuid
            .and_then(|(before, rest)| before.rsplit_once('\'').map(|(head, prefix)| (head, prefix, rest)))
        else {
            return self.by_hand.replace(":number", "$1::pg_catalog.int4");
        };
        format!("{head}('{prefix}' || $1::pg_catalog.int4)::pg_catalog.uuid{rest}")
    }

    /// Whether an endpoint that was written by hand takes it: its variable is one value.
    pub(crate) fn has_endpoint(&self) -> bool {
        !matches!(self.variable, Some(Variable::Made(..)))
    }

    /// The part after the scope of the engine's message for a number.
    pub(crate) fn statements(&self, api: &(Schema, Rendered), config: &Config, number: u32) -> String {
        let (scope, statements) = self.compile(api, config, number);
        let message = message(&scope, &statements).expect("it can be composed");
        message.split_once(";\n").expect("the scope ends").1.to_owned()
    }

    /// What the engine makes of it for a number: the scope and the statements.
    pub(crate) fn compile(
        &self,
        api: &(Schema, Rendered),
        config: &Config,
        number: u32,
    ) -> (Scope, Vec<Statement>) {
        let (schema, rendered) = api;
        let document = Document::parse(rendered, self.document, &config.limits).expect("it is valid");
        let variables = json_map(self.variables(number));
        let operation =
            Validated::new(Arc::new(document), None, &variables, (schema, rendered), &config.limits)
                .expect("it keeps to the limits");
        let plan = plan(schema, &Facts::of(&operation)).expect("it can be planned");
        let statements = plan.roots.iter().filter_map(|root| match &root.source {
            Source::Database(read) => Some(compile(schema, read)),
            Source::Known(_) | Source::Introspection | Source::Service(_) | Source::Application(_) => None,
        });
        let scope = Scope {
            access: match plan.effect {
                Effect::Query => Access::ReadOnly,
                Effect::Mutation => Access::ReadWrite,
            },
            role: None,
            settings: [].into(),
            statement_timeout: config.database.statement_timeout,
            answer_limit: usize::MAX,
            reach: Reach::Server,
        };
        let bound = statements.flatten().map(|compiled| {
            compiled.bind(schema, operation.variables()).expect("the values are of their types")
        });
        (scope, bound.collect())
    }

    /// A script for pgbench: the message that was sent for the last number, with numbers of its own. `\;` keeps its
    /// statements in one message.
    pub(crate) fn message_script(&self, message: &str) -> String {
        let sample = self.last().to_string();
        assert_eq!(message.matches(&sample).count(), 1, "the number can be found in:\n{message}");
        let message = message.trim_end().replace(";\n", "\\;\n").replace(&sample, ":number");
        self.pgbench_script(&message)
    }

    /// A script for pgbench: the hand-written statement, with numbers of its own.
    pub(crate) fn by_hand_script(&self) -> String {
        self.pgbench_script(self.by_hand.trim_end())
    }

    fn pgbench_script(&self, message: &str) -> String {
        let (first, last) = (self.numbers.start(), self.numbers.end());
        format!("\\set number random({first}, {last})\n{message};\n")
    }

    /// A script for wrk: the request with numbers of its own, and a line with the figures at the end.
    pub(crate) fn wrk_script(&self) -> String {
        let (first, last) = (self.numbers.start(), self.numbers.end());
        let (sample, body) = (self.last().to_string(), self.body(self.last()));
        let varied = match self.variable {
            Some(_) => {
                assert!(body.contains(&sample), "the number can be found in:\n{body}");
                format!("(body:gsub(\"{sample}\", math.random({first}, {last})))")
            }
            None => "body".to_owned(),
        };
        format!(
            "local headers = {{[\"content-type\"] = \"application/json\"}}\n\
             local body = [==[{body}]==]\n\
             function init() math.randomseed(os.time()) end\n\
             function request() return wrk.format(\"POST\", nil, headers, {varied}) end\n\
             function done(summary, latency)\n  \
             local e = summary.errors\n  \
             io.write(string.format(\"figures %d %d %d %d %d\\n\", summary.requests, summary.duration,\n    \
             latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))\n\
             end\n"
        )
    }
}
