//! The protocol's side: which messages there are and what they look like is the crate's part. For what it needs of the
//! server, it asks the request's own future.

use std::sync::Arc;

use http::request::Parts;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ErrorData, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{RoleServer, ServerHandler};
use tokio::sync::{mpsc, oneshot};

/// The protocol. Cheap to clone.
pub(super) type Protocol = StreamableHttpService<Asker, NeverSessionManager>;

/// What an agent is told about the server at the beginning.
const INSTRUCTIONS: &str = "Tools that read and change rows of a database, as far as the caller may. An error of a tool says what to do.";

/// What the protocol asks for, and where the answer goes.
pub(super) enum Question {
    /// All tools of the caller.
    Tools(oneshot::Sender<Result<ListToolsResult, ErrorData>>),
    /// The result of a tool.
    Call(Box<CallToolRequestParams>, oneshot::Sender<Result<CallToolResult, ErrorData>>),
}

/// The way to the request's own future.
#[derive(Clone)]
pub(super) struct Asking(pub(super) mpsc::Sender<Question>);

/// Passes everything on.
#[derive(Clone, Copy)]
pub(super) struct Asker;

/// The protocol without sessions, and with single answers as JSON. Origins and lengths of bodies have been checked before.
pub(super) fn new() -> Protocol {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(usize::MAX)
        .disable_allowed_hosts()
        .disable_allowed_origins();
    StreamableHttpService::new(|| Ok(Asker), Arc::new(NeverSessionManager::default()), config)
}

impl ServerHandler for Asker {
    fn get_info(&self) -> ServerConfig {
        let tools = ServerCapabilities::builder().enable_tools().build();
        let this = Implementation::new("glowplug", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(tools).with_server_info(this).with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if page.is_some_and(|page| page.cursor.is_some()) {
            return Err(ErrorData::invalid_params("there is one page of tools, so no cursor is valid", None));
        }
        ask(&context, Question::Tools).await
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(ask(&context, |answer| Question::Call(Box::new(call), answer)).await?.into())
    }
}

/// Asks the future of the request, and waits for the answer. There is none if that future was dropped, and then nobody waits
/// for this one.
async fn ask<T>(
    context: &RequestContext<RoleServer>,
    question: impl FnOnce(oneshot::Sender<Result<T, ErrorData>>) -> Question,
) -> Result<T, ErrorData> {
    let gone = || ErrorData::internal_error("the request has ended", None);
    let asking = context.extensions.get::<Parts>().and_then(|head| head.extensions.get::<Asking>());
    let (answer, answered) = oneshot::channel();
    asking.ok_or_else(gone)?.0.send(question(answer)).await.map_err(|_| gone())?;
    answered.await.map_err(|_| gone())?
}
