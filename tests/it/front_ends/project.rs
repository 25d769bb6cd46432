//! A front end's project from the files of docs/front-ends.md, with the packages of tests/front. Nothing is downloaded here.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::page;
use crate::{cli, harness, node};

/// A folder below `target/` whose files can be inspected afterwards.
pub(super) struct Project {
    name: &'static str,
    folder: PathBuf,
}

impl Project {
    /// With the schema of the starter, as its users see it.
    pub(super) async fn create(folder: &str, name: &'static str) -> Self {
        let url = harness::cluster().url(&harness::starter_database().await);
        Self::create_for(&url, folder, name)
    }

    /// With the schema of a database.
    pub(super) fn create_for(url: &str, folder: &str, name: &'static str) -> Self {
        let project = Self { name, folder: node::output(folder) };
        std::os::unix::fs::symlink(modules(), project.folder.join("node_modules")).unwrap();
        project.write("package.json", r#"{"type": "module"}"#);
        for block in page::blocks() {
            if block.project() == name && !block.is_commands() {
                project.write(&block.path, &block.text);
            }
        }
        let mut command = cli::program::command(&project.folder);
        command.args(["schema", "--role", "authenticated", "--output", "schema.graphql"]);
        let status = command.env("DATABASE_URL", url).status().unwrap();
        assert!(status.success(), "glowplug schema: {status}");
        project
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().expect("its folder")).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(super) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.join(path)).unwrap()
    }

    /// Adds a file of tests/front.
    pub(super) fn add(&self, file: &str, path: &str) {
        self.write(path, &std::fs::read_to_string(tests_front().join(file)).unwrap());
    }

    /// Replaces a text that has to be there.
    pub(super) fn change(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, &text.replace(from, to));
    }

    /// Runs the page's commands for this project; returns what they printed.
    pub(super) async fn run_commands_of_page(&self, variables: &[(&str, &str)]) -> String {
        self.try_commands_of_page(variables)
            .await
            .unwrap_or_else(|printed| panic!("{}:\n{printed}", self.name))
    }

    /// The same; fails with what they printed.
    pub(super) async fn try_commands_of_page(&self, variables: &[(&str, &str)]) -> Result<String, String> {
        let blocks = page::blocks();
        let commands = blocks.iter().filter(|block| block.project() == self.name && block.is_commands());
        let commands: String = commands.map(|block| block.text.as_str()).collect();
        assert!(!commands.is_empty(), "the page has commands for {}", self.name);
        self.run("sh", &["-ec", &commands], variables).await
    }

    /// Checks all types with TypeScript.
    pub(super) async fn check_types(&self) {
        let found = self.run("npx", &["tsc", "--noEmit", "--project", "."], &[]).await;
        assert!(found.is_ok(), "{}: {}", self.name, found.unwrap_err());
    }

    /// Builds a script, and returns what it prints.
    pub(super) async fn run_script(&self, script: &str, arguments: &[&str]) -> String {
        let builder = tests_front().join("build.mjs");
        let bundle = format!("{script}.cjs");
        let built = self.run("node", &[builder.to_str().unwrap(), script, &bundle], &[]).await;
        assert!(built.is_ok(), "{script}: {}", built.unwrap_err());
        let output = self.command("node").arg(&bundle).args(arguments).output().await.expect("node runs");
        let complaints = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{script}: {printed}\n{complaints}");
        printed
    }

    async fn run(
        &self,
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<String, String> {
        let mut command = self.command(program);
        let output = command.args(arguments).envs(variables.iter().copied()).output().await;
        let output = output.unwrap_or_else(|error| panic!("{program} cannot be run ({error})"));
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        if output.status.success() { Ok(printed) } else { Err(printed) }
    }

    /// A program in the project, which finds `glowplug` and stops if the test is stopped.
    fn command(&self, program: &str) -> Command {
        let glowplug = Path::new(env!("CARGO_BIN_EXE_glowplug")).parent().expect("its folder");
        let path = format!("{}:{}", glowplug.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command.env("PATH", path).env("NO_COLOR", "1").current_dir(&self.folder);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

fn tests_front() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/front")
}

/// The installed packages, all of those that package.json names.
fn modules() -> PathBuf {
    let modules = tests_front().join("node_modules");
    let manifest = std::fs::read_to_string(tests_front().join("package.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    for package in manifest["dependencies"].as_object().unwrap().keys() {
        assert!(
            modules.join(package).exists(),
            "{package} of npm is not installed: run `npm ci --prefix tests/front`"
        );
    }
    modules
}
