//! The list of persisted operations: read at the start and on request, and checked against the API.
//!
//! An invalid operation is logged, and stays in the list: it may be older than the last migration, or wait
//! for the next one.

use std::path::Path;

use super::Planning;
use super::snapshots::RoleSchema;
use crate::error::Error;
use crate::event::Event;
use crate::persisted::AllowList;

impl Planning {
    /// Reads the list of persisted operations again. The old list stays in use until then, and if that fails.
    pub async fn reload_persisted(&self) {
        let Some(file) = self.inner.list_file.clone() else { return };
        let reading = tokio::task::spawn_blocking(move || read(&file));
        match reading.await {
            Ok(Ok(list)) => self.inner.persisted.replace_list(list),
            Ok(Err(error)) => Event::PersistedOperationsFailed { error: &error.to_string() }.emit(),
            Err(error) => Event::PersistedOperationsFailed { error: &error.to_string() }.emit(),
        }
    }

    /// Logs the persisted operations that are not valid for any role; an operation may be valid for one role
    /// only. Logs nothing while the database cannot be reached.
    pub async fn check_persisted(&self) {
        let (list, snapshots) = (self.inner.persisted.list(), &self.inner.snapshots);
        let Ok(own) = snapshots.of(None).await else { return };
        let refused_one = |(id, text)| Some((id, text, self.refusal(None, &own, text)?));
        let mut refused: Vec<(&str, &str, String)> = list.iter().filter_map(refused_one).collect();
        if refused.is_empty() {
            return;
        }
        // Without an answer, only the connection's own user counts.
        for role in snapshots.loader.roles().await.unwrap_or_default() {
            if let Ok(role_schema) = snapshots.of(Some(&role)).await {
                refused.retain(|(_, text, _)| self.refusal(Some(&role), &role_schema, text).is_some());
            }
        }
        for (id, _, error) in &refused {
            Event::PersistedOperationInvalid { id, error }.emit();
        }
    }

    /// Why a document is not valid for a role, in the client's error message.
    fn refusal(&self, role: Option<&str>, role_schema: &RoleSchema, text: &str) -> Option<String> {
        let error = role_schema.snapshot.document(text, self.inner.snapshots.limits(role)).err()?;
        Error::from(error).for_client().into_iter().next().map(|client_error| client_error.message)
    }
}

/// The list in a file, if a file is set.
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
