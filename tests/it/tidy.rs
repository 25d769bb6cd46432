//! Reads the sources, and checks what the compiler does not: the length of files and functions, that every
//! file says what it is, which module may import which, and where crates may be named.

mod circles;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Half of the files are shorter than the first number, and none is longer than the second.
const FILE_LINES: (usize, usize) = (150, 500);

/// Most functions are shorter than the first number, and none is longer than the second.
const FUNCTION_LINES: (usize, usize) = (35, 70);

/// The share of the functions that have to be shorter.
const MOST: f64 = 0.9;

/// What each module of the crate may import of the others.
const IMPORTS: [(&str, &[&str]); 25] = [
    ("catalog", &[]),
    ("config", &[]),
    ("shutdown", &[]),
    ("auth", &["config", "event"]),
    ("statement", &[]),
    ("schema", &["catalog", "statement"]),
    ("request", &["schema", "catalog", "config"]),
    ("plan", &["request", "schema", "catalog", "statement"]),
    ("sql", &["plan", "schema", "catalog", "statement"]),
    ("db", &["statement", "config", "event"]),
    ("persisted", &["config"]),
    ("mcp", &["persisted", "request", "schema", "catalog"]),
    ("event", &["statement"]),
    ("error", &["request", "persisted", "plan", "schema", "sql", "db"]),
    ("response", &["error"]),
    (
        "engine",
        &[
            "catalog",
            "schema",
            "request",
            "plan",
            "sql",
            "db",
            "response",
            "error",
            "config",
            "event",
            "persisted",
            "mcp",
            "stored",
            "changes",
        ],
    ),
    ("live", &["engine", "error", "config", "event"]),
    ("stored", &["sql", "db", "event"]),
    ("changes", &["sql", "db"]),
    ("diagram", &["sql", "db"]),
    ("dispatch", &["engine", "queue", "config", "error", "event"]),
    (
        "server",
        &[
            "catalog", "schema", "engine", "auth", "http", "dispatch", "live", "queue", "config", "event",
            "shutdown",
        ],
    ),
    ("http", &["engine", "auth", "diagram", "dispatch", "live", "mcp", "queue", "config", "event"]),
    ("queue", &["engine", "schema", "db", "sql", "response", "error", "config", "event"]),
    // The commands are above everything and may use anything; they are listed so that nothing below imports
    // them.
    (
        "cli",
        &[
            "auth", "catalog", "changes", "config", "db", "diagram", "dispatch", "engine", "error", "event",
            "http", "queue", "server", "shutdown", "sql", "stored",
        ],
    ),
];

/// The only modules that may name a crate.
const CRATES: [(&str, &[&str]); 18] = [
    ("tokio_postgres", &[]),
    ("tokio_rustls", &["db"]),
    ("postgres_protocol", &["db"]),
    ("bb8", &["db"]),
    ("diesel", &["db", "sql", "queue"]),
    ("axum", &["http"]),
    ("hyper", &["http"]),
    ("tower", &["http"]),
    ("rmcp", &["http"]),
    // `glowplug token` signs.
    ("jsonwebtoken", &["auth"]),
    ("reqwest", &["auth"]),
    ("redis", &["queue"]),
    ("clap", &["cli", "config"]),
    ("prometheus_client", &["event"]),
    ("sysinfo", &["event", "http"]),
    ("opentelemetry", &["event"]),
    ("opentelemetry_sdk", &["event"]),
    ("opentelemetry_otlp", &["event"]),
];

/// The pure modules, which do no I/O, read no clock, and do not wait.
const PURE: [&str; 9] =
    ["catalog", "schema", "request", "persisted", "mcp", "plan", "sql", "statement", "response"];
const IMPURE: [&str; 7] =
    ["tokio::", "std::fs", "std::net", "std::env", "std::process", "Instant::now", "SystemTime::now"];

/// The files of a server that read files: before it runs, or in threads that may wait. Otherwise a disk or a
/// network folder that does not respond would block a thread that answers requests.
const FILE_READERS: [&str; 4] =
    ["src/auth/keyring.rs", "src/engine/persisted.rs", "src/queue/link.rs", "src/db/wire/passfile.rs"];

/// A source file: its path below the repository, its text, and its lines.
struct Source {
    path: String,
    lines: Vec<String>,
}

impl Source {
    /// The crate's module of the file; none for tests, for other crates, and for `main.rs` and `lib.rs`.
    fn module(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        let module = below.split('/').next()?.trim_end_matches(".rs");
        (!matches!(module, "main" | "lib")).then_some(module)
    }

    /// The lines that are not comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.lines.iter().enumerate().map(|(index, line)| (index + 1, line.as_str()));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> = vec![root.join("build.rs")];
    let mut folders: Vec<PathBuf> = ["src", "build", "crates", "tests", "benches", "examples", "fuzz"]
        .map(|name| root.join(name))
        .to_vec();
    while let Some(folder) = folders.pop() {
        // The last folders need not exist.
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                paths.push(path);
            }
        }
    }
    let read = |path: PathBuf| Source {
        lines: std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect(),
        path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(),
    };
    let mut sources: Vec<Source> = paths.into_iter().map(read).collect();
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(sources.len() > 50, "the sources are not where they are looked for");
    sources
}

/// The functions of a file: name, first line, and number of lines. rustfmt puts the closing brace at the
/// function's indentation.
fn functions(source: &Source) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    for (index, line) in source.lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        let signature_end = format!("{indent}) ");
        let is_end = |(offset, line): &(usize, &String)| {
            let ends_here = *offset == 0 && line.ends_with(['}', ';']);
            let is_declaration = line.starts_with(&signature_end) && line.ends_with(';');
            ends_here || is_declaration || **line == end
        };
        let length =
            source.lines[index..].iter().enumerate().find(is_end).map_or(0, |(offset, _)| offset + 1);
        assert!(length > 0, "{}:{}: the function does not end", source.path, index + 1);
        found.push((name.to_owned(), index + 1, length));
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("fn ")?;
    let is_qualifier =
        |word: &str| word.starts_with("pub") || matches!(word, "const" | "async" | "super)" | "crate)");
    if !before.split_whitespace().all(is_qualifier) {
        return None;
    }
    after
        .split(['(', '<'])
        .next()
        .filter(|name| name.chars().all(|letter| letter == '_' || letter.is_alphanumeric()))
}

fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    let says = |line: &String| line.starts_with("//! ") || line.starts_with("// @generated");
    let is_silent = |source: &Source| !source.lines.first().is_some_and(says);
    assert_none(&sources().into_iter().filter(is_silent).map(|source| source.path).collect::<Vec<_>>());
}

#[test]
fn files_are_short() {
    let sources = sources();
    let mut lengths: Vec<(usize, &str)> =
        sources.iter().map(|source| (source.lines.len(), source.path.as_str())).collect();
    lengths.sort_unstable();
    let (median, longest) = (lengths[lengths.len() / 2], lengths[lengths.len() - 1]);
    assert!(median.0 < FILE_LINES.0, "half of the files are longer than {} lines: {median:?}", FILE_LINES.0);
    assert!(longest.0 <= FILE_LINES.1, "longer than {} lines: {longest:?}", FILE_LINES.1);
}

#[test]
fn functions_are_short() {
    let (mut all, mut long, mut problems) = (0_u32, 0_u32, Vec::new());
    for source in sources() {
        for (name, line, length) in functions(&source) {
            all += 1;
            long += u32::from(length >= FUNCTION_LINES.0);
            // A flat table is read line by line, whatever its length.
            let body = &source.lines[line..line + length - 1];
            let is_table = body.iter().filter(|line| line.contains(" => ")).count() * 2 > length;
            if length > FUNCTION_LINES.1 && !is_table {
                problems.push(format!("{}:{line}: `{name}` has {length} lines", source.path));
            }
        }
    }
    assert_none(&problems);
    let short = 1.0 - f64::from(long) / f64::from(all);
    assert!(
        short > MOST,
        "only {:.0}% of the functions have fewer than {} lines",
        short * 100.0,
        FUNCTION_LINES.0
    );
}

#[test]
fn imports_go_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = IMPORTS.into_iter().collect();
    let mut problems = Vec::new();
    for source in sources() {
        let Some(module) = source.module() else { continue };
        let Some(allowed) = allowed.get(module) else {
            problems
                .push(format!("{}: what may the module {module} import? Say so in this test", source.path));
            continue;
        };
        for (number, line) in source.code() {
            for after in line.split("crate::").skip(1) {
                let name: String =
                    after.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
                if name != module && !allowed.contains(&name.as_str()) {
                    problems.push(format!("{}:{number}: {module} must not import `{name}`", source.path));
                }
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let mut problems = Vec::new();
    for source in sources() {
        let Some(module) = source.module() else { continue };
        for (number, line) in source.code() {
            for (name, modules) in CRATES {
                if names_crate(line, name) && !modules.contains(&module) {
                    problems.push(format!("{}:{number}: only {modules:?} may name {name}", source.path));
                }
            }
            if PURE.contains(&module) && IMPURE.iter().any(|name| line.contains(name)) {
                problems.push(format!("{}:{number}: {module} does no I/O, and reads no clock", source.path));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn files_are_read_only_where_a_thread_may_wait_for_them() {
    let mut problems = Vec::new();
    // Commands read their files before they serve.
    let of_server = |source: &Source| source.module().is_some_and(|module| module != "cli");
    for source in sources().iter().filter(|source| of_server(source)) {
        let mut reads =
            source.code().filter(|(_, line)| line.contains("std::fs::") || line.contains("File::open"));
        if let Some((number, _)) = reads.next()
            && !FILE_READERS.contains(&source.path.as_str())
        {
            problems.push(format!(
                "{}:{number}: a file is read; use spawn_blocking, and say so in this test",
                source.path
            ));
        }
    }
    assert_none(&problems);
}

/// Whether a line has a path that begins with the crate's name.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let is_start =
            !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':');
        is_start && line[start + name.len()..].starts_with("::")
    })
}

#[test]
fn nothing_is_left_to_be_done_or_commented_out() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.path != "tests/it/tidy.rs") {
        for (index, line) in source.lines.iter().enumerate() {
            let Some(comment) = line.trim_start().strip_prefix("// ") else { continue };
            let is_code = comment.ends_with([';', '{']) && !comment.contains(". ");
            if is_code || ["TODO", "FIXME", "XXX"].iter().any(|word| comment.contains(word)) {
                problems.push(format!("{}:{}: {comment}", source.path, index + 1));
            }
        }
    }
    assert_none(&problems);
}
