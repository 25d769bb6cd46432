//! There are no import cycles among the files of a folder: if one file imports another, nothing that the
//! other imports leads back to it.
//!
//! Paths count: those of `use` declarations, and all others that begin with `crate`, `self` or `super`,
//! except in tests. A file counts together with the folder of its name, and imports from the file above are
//! not part of a cycle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{assert_none, sources};

/// The path of a module from the crate's root.
type Module = Vec<String>;

/// The code of a file without comments and without the tests at its end.
fn code(lines: &[String]) -> String {
    let of_program = lines.iter().take_while(|line| *line != "#[cfg(test)]");
    let without_comments = of_program.map(|line| line.split("//").next().unwrap_or_default());
    without_comments.collect::<Vec<_>>().join("\n")
}

/// The paths in a file, as they are written.
fn paths(code: &str) -> Vec<String> {
    let (mut paths, mut rest) = (Vec::new(), String::new());
    for (number, part) in code.split("use ").enumerate() {
        let is_declaration = number > 0 && (rest.is_empty() || rest.ends_with(['\n', ' ', ')']));
        match part.split_once(';').filter(|_| is_declaration) {
            Some((tree, after)) => {
                expand(&tree.split_whitespace().collect::<Vec<_>>().join(" "), "", &mut paths);
                rest.push_str(after);
            }
            None => rest.push_str(part),
        }
    }
    let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let words = rest.split(|letter| !is_path(letter));
    let from_here =
        words.filter(|word| ["crate::", "self::", "super::"].iter().any(|start| word.starts_with(start)));
    paths.extend(from_here.map(str::to_owned));
    paths
}

/// The paths of a tree such as `super::{one::{self, One}, two::*}`.
fn expand(tree: &str, before: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((start, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return paths.push(format!("{before}{path}"));
    };
    let before = format!("{before}{}", start.trim());
    let (mut depth, mut from) = (0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                if !group[from..at].trim().is_empty() {
                    expand(&group[from..at], &before, paths);
                }
                from = at + 1;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
}

/// A path from the crate's root, if it is one of the crate's own.
fn from_root(path: &str, module: &Module) -> Module {
    let mut names: &[&str] = &path.split("::").filter(|name| !name.is_empty()).collect::<Vec<_>>();
    let mut base = module.clone();
    while let [first @ ("crate" | "self" | "super"), rest @ ..] = names {
        match *first {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            _ => {}
        }
        names = rest;
    }
    base.extend(names.iter().filter(|name| **name != "self").map(|name| (*name).to_owned()));
    base
}

/// The modules of the crate in a folder, each with the paths that it names.
fn modules_of(root: &str) -> BTreeMap<Module, Vec<Module>> {
    let mut modules = BTreeMap::new();
    for source in sources() {
        let Some(below) = source.path.strip_prefix(root).and_then(|path| path.strip_suffix(".rs")) else {
            continue;
        };
        let below = below.trim_start_matches('/');
        let module: Module = if matches!(below, "lib" | "main") {
            Module::new()
        } else {
            below.split('/').map(str::to_owned).collect()
        };
        let is_test = below.ends_with("tests");
        let named = if is_test { Vec::new() } else { paths(&code(&source.lines)) };
        let found: Vec<Module> = named.iter().map(|path| from_root(path, &module)).collect();
        modules.entry(module).or_insert_with(Vec::new).extend(found);
    }
    modules
}

/// By folder: which of its files import which others.
fn imports_by_folder(
    modules: &BTreeMap<Module, Vec<Module>>,
) -> BTreeMap<Module, BTreeMap<&str, BTreeSet<String>>> {
    let mut folders: BTreeMap<Module, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for (module, paths) in modules {
        for path in paths {
            // The longest part of the path that is a file; the rest is an item in it.
            let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]));
            let target = &path[..length.unwrap_or(0)];
            let common = module.iter().zip(target).take_while(|(one, other)| one == other).count();
            if common < module.len() && common < target.len() {
                let folder = folders.entry(module[..common].to_vec()).or_default();
                folder.entry(&module[common]).or_default().insert(target[common].clone());
            }
        }
    }
    folders
}

/// Whether a file leads back to itself.
fn circle<'a>(imports: &'a BTreeMap<&str, BTreeSet<String>>, start: &'a str) -> Option<Vec<&'a str>> {
    let (mut open, mut seen) = (vec![vec![start]], BTreeSet::new());
    while let Some(way) = open.pop() {
        for next in imports.get(way[way.len() - 1]).into_iter().flatten() {
            let way = [way.as_slice(), &[next.as_str()]].concat();
            if next == start {
                return Some(way);
            }
            if seen.insert(next) {
                open.push(way);
            }
        }
    }
    None
}

#[test]
fn no_file_of_a_folder_imports_what_leads_back_to_it() {
    let crates = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates")).unwrap();
    let crates = crates.map(|entry| format!("crates/{}/src", entry.unwrap().file_name().to_str().unwrap()));
    let mut problems = Vec::new();
    for root in crates.chain(["src".to_owned()]) {
        let modules = modules_of(&root);
        assert!(modules.len() > 5, "{root}");
        for (folder, imports) in imports_by_folder(&modules) {
            let folder = [std::slice::from_ref(&root), folder.as_slice()].concat().join("/");
            let circle = imports.keys().find_map(|file| circle(&imports, file));
            problems.extend(circle.map(|circle| format!("{folder}: {}", circle.join(" -> "))));
        }
    }
    assert_none(&problems);
}

/// The path reader finds all forms of paths.
#[test]
fn paths_are_read_in_whatever_form_they_are_written() {
    let text = "use super::{two::{self, Two as Other}, hub::*};\npub(crate) use crate::a::A; // use crate::not::Here;
        fn f() { super::super::a::g::<crate::b::T>() }\n#[cfg(test)]\nmod tests { use crate::tested::T; }";
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let module = ["x", "one"].map(str::to_owned).to_vec();
    let found =
        paths(&code(&lines)).iter().map(|path| from_root(path, &module).join("::")).collect::<BTreeSet<_>>();
    let expected = ["a::A", "a::g", "b::T", "x::hub::*", "x::two", "x::two::Two"];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn circles_are_found_and_trees_are_none() {
    let imports = |edges: &[(&'static str, &str)]| {
        let mut imports: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges {
            imports.entry(from).or_default().insert((*to).to_owned());
        }
        imports
    };
    let tree = imports(&[("a", "b"), ("a", "c"), ("b", "c")]);
    assert_eq!(circle(&tree, "a"), None);
    let round = imports(&[("a", "b"), ("b", "c"), ("c", "a")]);
    assert_eq!(circle(&round, "a"), Some(vec!["a", "b", "c", "a"]));
}
