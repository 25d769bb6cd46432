//! Keeps the private database equal to the migrations folder.
//!
//! Diesel knows the versions of applied migrations, but not their content. So `dev` keeps copies of the migrations as they
//! were applied. When a migration changes or is deleted, the copy's `down.sql` undoes it, and all later ones are undone
//! before it. Then everything that is pending is applied. Data in the affected tables is lost by that, as with `diesel
//! migration redo`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::db::{MigrateError, migrate, pending, revert_last};

/// The file that undoes a migration.
const DOWN: &str = "down.sql";

/// The files of one migration, by name.
type Files = BTreeMap<String, Vec<u8>>;

/// The migrations of a folder, by name, in the order of their versions.
type Migrations = BTreeMap<String, Files>;

/// The steps that made the database equal to the folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) reverted: Vec<String>,
    pub(super) applied: Vec<String>,
}

/// The project's migrations and the copies of those that were applied.
#[derive(Debug)]
pub(super) struct Mirror {
    source: PathBuf,
    applied: PathBuf,
}

impl Mirror {
    /// `source` is the project's folder, `applied` is the folder of the copies.
    pub(super) fn new(source: &Path, applied: &Path) -> Self {
        Self { source: source.to_path_buf(), applied: applied.to_path_buf() }
    }

    /// Reverts changed migrations, and applies pending ones. After an error, the steps before it stay.
    pub(super) async fn bring_up_to_date(&self, url: &str) -> Result<Changes, Failure> {
        let wanted = read(&self.source)?;
        let reverted = self.revert_changed(url, &wanted).await?;
        let applied = self.apply_pending(url, &wanted).await?;
        Ok(Changes { reverted, applied })
    }

    /// Reverts from the last one down to the first that was changed or deleted.
    async fn revert_changed(&self, url: &str, wanted: &Migrations) -> Result<Vec<String>, Failure> {
        let applied = read(&self.applied)?;
        let is_same =
            |name: &String, files: &Files| wanted.get(name).is_some_and(|now| does_same(files, now));
        let Some(first) = applied.iter().find(|(name, files)| !is_same(name, files)) else {
            return Ok(Vec::new());
        };
        let first = first.0.clone();
        let undo: Vec<String> = applied.range(first.clone()..).map(|(name, _)| name.clone()).rev().collect();
        for name in &undo {
            self.undo(url, &applied, wanted, name).await.map_err(|reason| {
                Failure::Migrate(MigrateError::History(format!(
                    "migration {first} has changed, but {name} cannot be undone: {reason}; correct its down.sql, or start over with `glowplug dev --reset`"
                )))
            })?;
            remove(&self.applied.join(name))?;
        }
        Ok(undo)
    }

    /// Undoes the last applied migration with the first `down.sql` that works: its own, then the folder's current one, which
    /// may have been corrected since.
    async fn undo(
        &self,
        url: &str,
        applied: &Migrations,
        wanted: &Migrations,
        name: &str,
    ) -> Result<(), String> {
        let own = applied.get(name).and_then(|files| files.get(DOWN)).cloned();
        let now = wanted.get(name).and_then(|files| files.get(DOWN)).cloned();
        let ways = own.clone().into_iter().chain(now.filter(|now| Some(now) != own.as_ref()));
        let mut reason = "it has no down.sql".to_owned();
        for down in ways {
            let file = self.applied.join(name).join(DOWN);
            std::fs::write(&file, down).map_err(|error| error.to_string())?;
            match revert_last(url, &self.applied).await {
                Ok(_) => return Ok(()),
                Err(error) => reason = error.to_string(),
            }
        }
        Err(reason)
    }

    /// Applies from a copy, so that the copy is exactly what was applied, even if the file changes meanwhile.
    async fn apply_pending(&self, url: &str, wanted: &Migrations) -> Result<Vec<String>, Failure> {
        let snapshot = self.applied.with_extension("next");
        remove(&snapshot)?;
        write(&snapshot, wanted)?;
        let result = migrate(url, &snapshot).await;
        let pending = pending(url, &snapshot).await?;
        remove(&self.applied)?;
        let applied = wanted.iter().filter(|(name, _)| !pending.contains(name));
        write(&self.applied, &applied.map(|(name, files)| (name.clone(), files.clone())).collect())?;
        remove(&snapshot)?;
        Ok(result?)
    }
}

/// Whether both do the same when they are applied. How they are undone does not matter here.
fn does_same(applied: &Files, now: &Files) -> bool {
    let without_down = |files: &Files| -> Files {
        files
            .iter()
            .filter(|(name, _)| *name != DOWN)
            .map(|(name, bytes)| (name.clone(), bytes.clone()))
            .collect()
    };
    without_down(applied) == without_down(now)
}

/// The migrations of a folder; none if the folder does not exist. One without `up.sql` is not finished yet.
fn read(folder: &Path) -> Result<Migrations, Failure> {
    let mut migrations = Migrations::new();
    for path in entries(folder)?.into_iter().filter(|path| path.join("up.sql").is_file()) {
        let mut files = Files::new();
        for file in entries(&path)?.into_iter().filter(|file| file.is_file()) {
            files.insert(name_of(&file), std::fs::read(&file).map_err(Failure::file("read", &file))?);
        }
        migrations.insert(name_of(&path), files);
    }
    Ok(migrations)
}

fn write(folder: &Path, migrations: &Migrations) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(Failure::file("make", folder))?;
    for (name, files) in migrations {
        let migration = folder.join(name);
        std::fs::create_dir_all(&migration).map_err(Failure::file("make", &migration))?;
        for (name, bytes) in files {
            let file = migration.join(name);
            std::fs::write(&file, bytes).map_err(Failure::file("write", &file))?;
        }
    }
    Ok(())
}

/// The content of a folder without hidden files, such as those of editors. Empty if the folder does not exist.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| !name_of(path).starts_with('.'))
            .collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Failure::file("read", folder)(error)),
    }
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::file("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
