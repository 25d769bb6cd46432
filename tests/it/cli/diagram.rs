//! `glowplug diagram` on the starter project.

use std::path::Path;
use std::process::Output;

use super::program::{command, open_folder};
use super::text;
use crate::harness;

/// The Markdown that it prints; `UPDATE=1` writes it.
const EXPECTED: &str = "tests/it/cli/diagram.md";

/// Runs it on a database.
pub(crate) fn diagram(database: &str, arguments: &[&str]) -> Output {
    let folder = open_folder();
    let mut command = command(folder.path());
    command.arg("diagram").args(arguments).env("DATABASE_URL", harness::cluster().url(database));
    command.output().unwrap()
}

#[tokio::test]
async fn the_starters_tables_and_privileges_are_printed_as_markdown() {
    let output = diagram(&harness::starter_database().await, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (printed, path) = (text(&output.stdout), Path::new(env!("CARGO_MANIFEST_DIR")).join(EXPECTED));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, printed).unwrap();
        return;
    }
    assert_eq!(printed, std::fs::read_to_string(path).unwrap(), "UPDATE=1 writes {EXPECTED}");
}

#[tokio::test]
async fn odd_names_superusers_views_and_several_schemas_have_their_place() {
    let database = harness::database(
        "create schema \"o|dd\"; create table \"o|dd\".\"<b>\"\"x\" (\"1 %\" numeric(10,2) primary key, up numeric references \"o|dd\".\"<b>\"\"x\");
         create table plain (id int primary key); create view seen as select id from plain;
         alter table plain enable row level security",
    )
    .await;
    let all = ["--schemas", "o|dd,public", "--role", "postgres"];
    let markdown = text(&diagram(&database, &all).stdout);
    for line in [
        "    \"o|dd.<b>_x\" {\n        numeric(10_2) _1__ PK\n        numeric up FK\n    }\n",
        "    \"o|dd.<b>_x\" |o--o{ \"o|dd.<b>_x\" : \"up\"\n",
        "## postgres (no policy holds for this role)\n",
        "| public.plain | all rows | all rows | all rows | all rows |\n",
    ] {
        assert!(markdown.contains(line), "{line}\n{markdown}");
    }
    let page = text(&diagram(&database, &[&all[..], &["--format", "html"]].concat()).stdout);
    assert!(page.contains("o|dd.&lt;b&gt;&quot;x") && page.contains("class=\"table view\""), "{page}");
    assert!(!page.contains("<b>") && !page.contains("{{"), "{page}");

    let missing = diagram(&database, &["--role", "nobody here"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("there is no role \"nobody here\""), "{}", text(&missing.stderr));
}
