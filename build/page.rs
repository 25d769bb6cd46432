//! Packs GraphiQL's files into the binary: those that npm has made in `web/dist` (`npm ci && npm run build` in `web/`).
//!
//! An optimised build of a checkout makes them itself if they are not there and npm is, so that the first command gives a program
//! that needs no internet. This never fails the build: without the files, the page loads an older GraphiQL from a public CDN.

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::{Compression, GzBuilder};

/// What the page is made of, below `web/`.
const SOURCES: [&str; 6] =
    [".npmrc", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "src"];

/// The longest time that npm may take. A network that does not answer must not hold up the build for longer.
const PATIENCE: Duration = Duration::from_mins(4);

/// Writes `embedded.rs` with the names and contents of the page's files.
pub(crate) fn embed_page() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let output = PathBuf::from(std::env::var("OUT_DIR")?);
    let built = root.join("web/dist");
    // Naming the folder while it is missing would rebuild the crate each time; the folder around it changes when it appears.
    let watched = if built.exists() { built.clone() } else { root.join("web") };
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/page.rs");

    let folder = if !built.exists() && is_optimised_checkout(&root) {
        make(&root.join("web"), &output.join("web"))
    } else {
        built
    };
    let code = format!("const EMBEDDED: &[(&str, &[u8])] = &[{}];\n", embed(&folder, &output)?);
    fs::write(output.join("embedded.rs"), code)?;
    Ok(())
}

/// Whether this is `cargo run --release -- dev` of somebody who has just cloned the repository, and not, for example, the build of
/// a program that has Glowplug as a library.
fn is_optimised_checkout(root: &Path) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    std::env::var("PROFILE").is_ok_and(|profile| profile == "release")
        && is_set("CARGO_FEATURE_DEV")
        && !is_set("DOCS_RS")
        && root.join(".git").exists()
        && root.join("web/package-lock.json").exists()
}

/// Makes the page in a folder of the build's output, unless it is there already, and returns the folder of its files. Says in one
/// line what has become of it.
fn make(sources: &Path, folder: &Path) -> PathBuf {
    let built = folder.join("dist");
    // npm writes this file last.
    if !built.exists() || !is_same(sources, folder) {
        let started = Instant::now();
        let made = copy(sources, folder).map_err(|error| error.to_string()).and_then(|()| run_npm(folder));
        let line = match made {
            Ok(()) => format!("npm has made GraphiQL's page ({} s)", started.elapsed().as_secs()),
            Err(reason) => {
                format!("npm cannot make GraphiQL's page ({reason}); an older GraphiQL will come from a CDN")
            }
        };
        println!("cargo::warning={line}");
        // Hundreds of megabytes that nothing needs any more.
        let _ = fs::remove_dir_all(folder.join("node_modules"));
    }
    built
}

/// The files below a folder, with their paths within it, in the order of the paths.
fn files(folder: &Path, within: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let path = folder.join(within);
    if path.is_file() {
        found.push(within.to_owned());
    } else if path.is_dir() {
        let mut names = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
        names.sort_by_key(fs::DirEntry::file_name);
        for name in names {
            files(folder, &within.join(name.file_name()), found)?;
        }
    }
    Ok(())
}

/// What the page is made of, with its contents.
fn contents(folder: &Path) -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    for source in SOURCES {
        files(folder, Path::new(source), &mut found)?;
    }
    found.into_iter().map(|path| Ok((path.clone(), fs::read(folder.join(path))?))).collect()
}

/// Whether both folders have the same sources.
fn is_same(one: &Path, other: &Path) -> bool {
    matches!((contents(one), contents(other)), (Ok(one), Ok(other)) if one == other)
}

/// Copies the sources into an empty folder.
fn copy(sources: &Path, folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    for (path, contents) in contents(sources)? {
        let target = folder.join(path);
        fs::create_dir_all(target.parent().unwrap_or(folder))?;
        fs::write(target, contents)?;
    }
    Ok(())
}

/// Installs by the lockfile, and builds.
fn run_npm(folder: &Path) -> Result<(), String> {
    let install =
        ["ci", "--prefer-offline", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=20000"];
    let deadline = Instant::now() + PATIENCE;
    for arguments in [install.as_slice(), &["run", "build"]] {
        let mut npm = Command::new("npm")
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let status = loop {
            match npm.try_wait().map_err(|error| error.to_string())? {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    let _ = npm.kill();
                    let _ = npm.wait();
                    return Err(format!("it took longer than {PATIENCE:?}"));
                }
                None => std::thread::sleep(Duration::from_millis(100)),
            }
        };
        if !status.success() {
            // Half a page is none.
            let _ = fs::remove_dir_all(folder.join("dist"));
            return Err(format!("`npm {}` failed: {status}", arguments[0]));
        }
    }
    Ok(())
}

/// Packs the files of a folder, and returns their names and contents in Rust. Without the folder there are none.
fn embed(folder: &Path, output: &Path) -> Result<String, Box<dyn Error>> {
    let mut code = String::new();
    if !folder.exists() {
        return Ok(code);
    }
    let mut files = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    for (index, file) in files.into_iter().enumerate() {
        let packed = output.join(format!("graphiql-{index}.gz"));
        pack(&fs::read(file.path())?, &packed)?;
        let name = file.file_name();
        write!(
            code,
            "({:?}, include_bytes!({:?})), ",
            name.display().to_string(),
            packed.display().to_string()
        )?;
    }
    Ok(code)
}

/// Compresses a file's contents; the same input gives the same bytes.
fn pack(contents: &[u8], packed: &Path) -> Result<(), Box<dyn Error>> {
    let mut encoder = GzBuilder::new().mtime(0).write(File::create(packed)?, Compression::best());
    encoder.write_all(contents)?;
    encoder.finish()?;
    Ok(())
}
