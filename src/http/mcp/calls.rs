//! What agents ask for: the tools of their role, and the results of calls. Every operation runs as one that was posted to
//! `/graphql`.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ErrorData, ListToolsResult, Tool as ToolDefinition,
    ToolAnnotations,
};
use serde_json::{Map, Value};

use super::protocol::Question;
use super::result::{failed, of_answer, shown, text};
use crate::config::Mcp;
use crate::engine::{AllowedOperations, DocumentSource, Identity, Outcome, ReadFrom, Request, Response};
use crate::event::{ToolEvent, ToolOutcome};
use crate::http::Shared;
use crate::mcp::{Exploration, ExploreTool, Hints, Tool, ToolEffect};
use crate::queue::Handling;

/// What `query` answers to anything but a query.
const ONLY_QUERIES: &str =
    "BAD_USER_INPUT: query only runs queries; mutations that you may run are tools of their own";

/// Answers a question. The answer is lost if nobody waits for it any more.
pub(super) async fn answer(shared: &Shared, identity: &Identity, question: Question) {
    let caller = Caller { shared, identity };
    match question {
        Question::Tools(answer) => {
            let _ = answer.send(caller.tools().await);
        }
        Question::Call(call, answer) => {
            let _ = answer.send(caller.call(*call).await);
        }
    }
}

struct Caller<'a> {
    shared: &'a Shared,
    identity: &'a Identity,
}

impl Caller<'_> {
    async fn tools(&self) -> Result<ListToolsResult, ErrorData> {
        let tools = self
            .shared
            .backend
            .planning()
            .tools(self.identity)
            .await
            .map_err(|refused| internal(&refused))?;
        let mut shown: Vec<ToolDefinition> = tools.iter().map(definition).collect();
        for tool in ExploreTool::ALL {
            if self.offers(tool).await.map_err(|refused| internal(&refused))? {
                shown.push(explore_definition(tool));
            }
        }
        Ok(ListToolsResult::with_all_items(shown))
    }

    /// Whether the caller may use one of the tools that explore the API.
    async fn offers(&self, tool: ExploreTool) -> Result<bool, Response> {
        let planning = self.shared.backend.planning();
        Ok(self.shared.mcp == Mcp::Explore
            && match tool {
                ExploreTool::SearchSchema | ExploreTool::DescribeType => {
                    planning.shows_schema(self.identity).await?
                }
                ExploreTool::Query => planning.takes_any_document(),
            })
    }

    async fn call(&self, call: CallToolRequestParams) -> Result<CallToolResult, ErrorData> {
        let CallToolRequestParams { name, arguments, .. } = call;
        let arguments = arguments.unwrap_or_default();
        let tools = match self.shared.backend.planning().tools(self.identity).await {
            Ok(tools) => tools,
            Err(refused) => return Ok(of_answer(&refused)),
        };
        let result = match tools.iter().find(|tool| tool.name == *name) {
            Some(tool) => self.run(tool, arguments).await,
            None => self.explore(&name, &arguments).await?,
        };
        let is_failure = result.is_error == Some(true);
        let outcome = if is_failure { ToolOutcome::Failed } else { ToolOutcome::Answered };
        ToolEvent::Called { name: &name, outcome }.emit();
        Ok(result)
    }

    /// Runs a persisted operation.
    async fn run(&self, tool: &Tool, variables: Map<String, Value>) -> CallToolResult {
        if let Some(unknown) = tool.unknown_argument(variables.keys()) {
            let names = match tool.argument_names() {
                names if names.is_empty() => "it has none".to_owned(),
                names => format!("it has {}", names.join(", ")),
            };
            return failed(format!("{} has no argument {:?}; {names}", tool.name, shown(unknown)));
        }
        let allowed = match tool.hints.effect {
            ToolEffect::Reads => AllowedOperations::QueriesOnly,
            ToolEffect::Adds | ToolEffect::Deletes | ToolEffect::Changes => AllowedOperations::All,
        };
        let name = Some(tool.name.clone());
        of_answer(&self.respond(request(tool.document.to_string(), name, variables, allowed)).await)
    }

    async fn respond(&self, request: Request) -> Response {
        self.shared.backend.respond(request, self.identity, Handling::default()).await
    }

    /// Calls a tool that explores the API.
    async fn explore(&self, name: &str, arguments: &Map<String, Value>) -> Result<CallToolResult, ErrorData> {
        let unknown = || ErrorData::invalid_params(format!("there is no tool {:?}", shown(name)), None);
        let tool = ExploreTool::ALL.into_iter().find(|tool| tool.name() == name).ok_or_else(unknown)?;
        match self.offers(tool).await {
            Ok(true) => {}
            Ok(false) => return Err(unknown()),
            Err(refused) => return Ok(of_answer(&refused)),
        }
        if tool == ExploreTool::Query {
            return Ok(self.query(arguments).await.unwrap_or_else(failed));
        }
        let wanted = match exploration(tool, arguments) {
            Ok(wanted) => wanted,
            Err(message) => return Ok(failed(message)),
        };
        match self.shared.backend.planning().explore(self.identity, wanted).await {
            Ok(found) => Ok(found.map_or_else(failed, text)),
            Err(refused) => Ok(of_answer(&refused)),
        }
    }

    /// Runs the agent's own query. Never a mutation or a subscription.
    async fn query(&self, arguments: &Map<String, Value>) -> Result<CallToolResult, String> {
        let document =
            text_argument(arguments, "document")?.ok_or("document is needed: the text of a query")?;
        let operation_name = text_argument(arguments, "operationName")?;
        let variables = match arguments.get("variables") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(variables)) => variables.clone(),
            Some(_) => return Err("variables must be an object of values by the variables' names".to_owned()),
        };
        let request = request(document, operation_name, variables, AllowedOperations::QueriesOnly);
        if self.shared.backend.planning().asks_for_subscription(&request, self.identity) {
            return Err(ONLY_QUERIES.to_owned());
        }
        let answer = self.respond(request).await;
        if answer.outcome == Outcome::OperationNotAllowed {
            return Err(ONLY_QUERIES.to_owned());
        }
        Ok(of_answer(&answer))
    }
}

fn request(
    document: String,
    operation_name: Option<String>,
    variables: Map<String, Value>,
    allowed: AllowedOperations,
) -> Request {
    let (document, extensions) = (DocumentSource::Text(document), Map::new());
    Request { document, operation_name, variables, extensions, allowed, read_from: ReadFrom::default() }
}

/// What an agent wants to see of the API.
fn exploration(tool: ExploreTool, arguments: &Map<String, Value>) -> Result<Exploration, String> {
    if tool == ExploreTool::SearchSchema {
        let words = text_argument(arguments, "words")?.ok_or("words are needed, such as: task due")?;
        return Ok(Exploration::Search { words });
    }
    let names = match arguments.get("names") {
        Some(Value::Array(names)) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        Some(Value::String(name)) => Some(vec![name.clone()]),
        _ => None,
    };
    let names = names.ok_or("names must be a list of the types' names, such as [\"Query\"]")?;
    Ok(Exploration::Describe { names })
}

/// An argument that is a text, if it is there.
fn text_argument(arguments: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{name} must be a text")),
    }
}

fn definition(tool: &Tool) -> ToolDefinition {
    let Tool { name, description, arguments, data, hints, .. } = tool;
    let mut definition = ToolDefinition::new(name.clone(), description.clone(), Arc::clone(arguments));
    definition.output_schema.clone_from(data);
    definition.annotations = Some(annotations(*hints));
    definition
}

fn explore_definition(tool: ExploreTool) -> ToolDefinition {
    let mut definition = ToolDefinition::new(tool.name(), tool.description(), tool.arguments());
    definition.annotations = Some(annotations(Hints { effect: ToolEffect::Reads, is_closed: true }));
    definition
}

fn annotations(Hints { effect, is_closed }: Hints) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(effect == ToolEffect::Reads)
        .destructive(matches!(effect, ToolEffect::Deletes | ToolEffect::Changes))
        .idempotent(matches!(effect, ToolEffect::Reads | ToolEffect::Deletes))
        .open_world(!is_closed)
}

/// An error of the whole request.
fn internal(refused: &Response) -> ErrorData {
    ErrorData::internal_error(super::result::messages(refused), None)
}
