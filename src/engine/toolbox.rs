//! The tools that were made for a snapshot, for as long as nothing that they depend on changes.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::config::Limits;
use crate::mcp::Tool;
use crate::persisted::AllowList;

/// The tools of a snapshot, made when they are first needed.
#[derive(Default)]
pub(super) struct Toolbox(ArcSwapOption<Made>);

struct Made {
    list: Arc<AllowList>,
    /// The limits that decide whether a document is accepted.
    limits: (usize, usize),
    tools: Arc<[Tool]>,
}

impl Toolbox {
    /// The tools of this list, if they were made with these limits.
    pub(super) fn get(&self, list: &Arc<AllowList>, limits: &Limits) -> Option<Arc<[Tool]>> {
        let made = self.0.load();
        let made = made.as_ref()?;
        let is_same = Arc::ptr_eq(&made.list, list) && made.limits == deciding(limits);
        is_same.then(|| Arc::clone(&made.tools))
    }

    /// Keeps these tools in place of others.
    pub(super) fn keep(&self, list: Arc<AllowList>, limits: &Limits, tools: &Arc<[Tool]>) {
        let made = Made { list, limits: deciding(limits), tools: Arc::clone(tools) };
        self.0.store(Some(Arc::new(made)));
    }
}

fn deciding(limits: &Limits) -> (usize, usize) {
    (limits.tokens, limits.directives)
}
