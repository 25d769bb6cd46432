//! The list of persisted operations: read at the start and on request, and held against the API.
//!
//! An operation that does not fit the API is told in the log, and stays in the list: the next migration may be what it waits
//! for, or what it was left behind by.

use std::path::Path;

use super::Engine;
use crate::error::Error;
use crate::event::Event;
use crate::persisted::AllowList;

impl Engine {
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

    /// Tells which persisted operations the API does not accept. Nothing is told while the database cannot be reached.
    pub async fn check_persisted(&self) {
        let Ok(view) = self.inner.snapshots.of(None).await else { return };
        for (id, text) in self.inner.persisted.list().iter() {
            if let Err(error) = view.snapshot.document(text, &self.inner.limits) {
                let errors = Error::from(error).for_client();
                let error = errors.first().map_or("", |told| &told.message);
                Event::PersistedOperationInvalid { id, error }.emit();
            }
        }
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
