//! Tables of the documentation that are generated from the program, and the dependencies that its pages name.

use std::collections::BTreeSet;
use std::path::Path;

use toml::{Table, Value};

/// Compares the table between a page's markers `<!-- name -->` and `<!-- end of name -->`. `UPDATE=1` writes
/// it; `test` is the filter that runs only the caller.
pub(crate) fn hold(page: &str, name: &str, table: &str, test: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let contents = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = contents.split_once(&begin).expect("the marker before the table");
    let (written, after) = rest.split_once(&end).expect("the marker after the table");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(
        written, table,
        "the table of {name} in {page} is not up to date; write it with `UPDATE=1 cargo test --test it {test}`"
    );
}

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The blocks of a page that begin with a line like ```` ```toml ````.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let begin = format!("\n```{language}");
    let blocks = page.split(&*begin).skip(1).filter_map(|rest| rest.split_once('\n'));
    blocks.filter_map(|(_, block)| block.split_once("\n```")).map(|(block, _)| block).collect()
}

/// The crates of `all` that the examples of a page name.
fn named_in(examples: &[&str], all: &Table) -> BTreeSet<String> {
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = examples.iter().flat_map(|example| example.split(|letter| !is_of_word(letter)));
    let crates = words.filter_map(|word| word.split_once("::")).map(|(first, _)| first.to_owned());
    crates.filter(|name| all.keys().any(|key| key.replace('-', "_") == *name)).collect()
}

fn version(dependency: &Value) -> &str {
    dependency.as_str().or_else(|| dependency.get("version")?.as_str()).expect("a version")
}

#[test]
fn pages_name_the_dependencies_of_their_examples() {
    let manifest: Table = read("Cargo.toml").parse().unwrap();
    let mut all = manifest["dependencies"].as_table().unwrap().clone();
    let ours = Table::from_iter([("version".to_owned(), env!("CARGO_PKG_VERSION").into())]);
    all.insert("glowplug".to_owned(), ours.into());
    for page in ["docs/connection.md", "docs/library.md"] {
        let text = read(page);
        let listed: Table = blocks(&text, "toml")[0].parse().unwrap();
        let listed = listed["dependencies"].as_table().unwrap();
        let names = listed.keys().map(|name| name.replace('-', "_")).collect::<BTreeSet<_>>();
        assert_eq!(named_in(&blocks(&text, "rust"), &all), names, "{page}");
        for (name, dependency) in listed {
            assert_eq!(version(dependency), version(&all[name]), "{page}: {name}");
        }
        for feature in listed["glowplug"].get("features").and_then(Value::as_array).into_iter().flatten() {
            assert!(manifest["features"].get(feature.as_str().unwrap()).is_some(), "{page}: {feature}");
        }
    }
}
