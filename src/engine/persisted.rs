//! The list of persisted operations: read at the start and on request, and held against the API.
//!
//! An operation that does not fit the API is told in the log, and stays in the list: the next migration may be what it waits
//! for, or what it was left behind by.

use std::path::Path;

use super::Planning;
use super::snapshots::RoleSchema;
use crate::error::Error;
use crate::event::Event;
use crate::persisted::AllowList;

impl Planning {
    /// Reads the list of persisted operations again. The old one stays in use until then, and if it fails.
    pub async fn reload_persisted(&self) {
        let Some(file) = self.inner.list_file.clone() else { return };
        let reading = tokio::task::spawn_blocking(move || read(&file));
        match reading.await {
            Ok(Ok(list)) => self.inner.persisted.replace_list(list),
            Ok(Err(error)) => Event::PersistedOperationsFailed { error: &error.to_string() }.emit(),
            Err(error) => Event::PersistedOperationsFailed { error: &error.to_string() }.emit(),
        }
    }

    /// Tells which persisted operations no role accepts: what one role may ask for, another one may not even see. Nothing is
    /// told while the database cannot be reached.
    pub async fn check_persisted(&self) {
        let (list, snapshots) = (self.inner.persisted.list(), &self.inner.snapshots);
        let Ok(own) = snapshots.of(None).await else { return };
        let told = |(id, text)| Some((id, text, self.refusal(None, &own, text)?));
        let mut refused: Vec<(&str, &str, String)> = list.iter().filter_map(told).collect();
        if refused.is_empty() {
            return;
        }
        // Without an answer, the connection's own user alone has had its say.
        for role in snapshots.loader.roles().await.unwrap_or_default() {
            if let Ok(role_schema) = snapshots.of(Some(&role)).await {
                refused.retain(|(_, text, _)| self.refusal(Some(&role), &role_schema, text).is_some());
            }
        }
        for (id, _, error) in &refused {
            Event::PersistedOperationInvalid { id, error }.emit();
        }
    }

    /// Why a role does not accept a document, in the words that a client would read.
    fn refusal(&self, role: Option<&str>, role_schema: &RoleSchema, text: &str) -> Option<String> {
        let error = role_schema.snapshot.document(text, self.inner.snapshots.limits(role)).err()?;
        Error::from(error).for_client().into_iter().next().map(|told| told.message)
    }
}

/// The list of a file, if there is one.
pub(super) fn read_if_given(file: Option<&Path>) -> Result<AllowList, Error> {
    file.map_or_else(|| Ok(AllowList::default()), read)
}

fn read(file: &Path) -> Result<AllowList, Error> {
    let refused = |reason: String| Error::PersistedOperations { file: file.to_path_buf(), reason };
    let text = std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
    let list = AllowList::parse(&text).map_err(|error| refused(error.to_string()))?;
    Event::PersistedOperationsLoaded { documents: list.len() }.emit();
    Ok(list)
}
