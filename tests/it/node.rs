//! Runs the npm tools that `tests/npm/package-lock.json` pins. Nothing is downloaded here.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

/// The folder of the tools.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/npm")
}

/// An empty folder below `target/` for the test, whose files can be inspected afterwards.
pub(crate) fn output(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the folder of an earlier run can be removed");
    }
    std::fs::create_dir_all(&folder).expect("a folder below target/");
    folder
}

/// The packages of the tools.
fn packages() -> Vec<String> {
    let manifest = std::fs::read_to_string(folder().join("package.json")).expect("tests/npm/package.json");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("it is JSON");
    manifest["dependencies"].as_object().expect("its dependencies").keys().cloned().collect()
}

/// Runs a script with node in a folder; returns its output, if it succeeded.
pub(crate) async fn run(script: &Path, arguments: &[&str], working_folder: &Path) -> String {
    for package in packages() {
        assert!(
            folder().join("node_modules").join(&package).exists(),
            "{package} of npm is not installed: run `npm ci --prefix tests/npm`"
        );
    }
    let output = Command::new("node")
        .arg(script)
        .args(arguments)
        .current_dir(working_folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("node cannot be run ({error}): install Node.js 20 or newer"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?} failed:\n{printed}\n{complained}", script.display());
    printed
}
