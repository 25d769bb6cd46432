//! Which operations of the list of persisted operations describe themselves, and so may become tools.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::persisted::AllowList;
use crate::request::DescribedOperation;
use crate::request::OperationType;
use crate::request::described_operations;

use super::explore::ExploreTool;

/// The longest name of a tool (MCP specification, "Tool Names").
const LONGEST_NAME: usize = 128;

/// A described operation. Whether it is valid depends on the role.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its name, which is the tool's.
    pub name: String,
    /// The whole document.
    pub document: Arc<str>,
    /// What it says about itself.
    pub operation: DescribedOperation,
}

/// A described operation that cannot become a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The id of its document in the list.
    pub id: String,
    /// Why it is none, and what to do.
    pub reason: Reason,
}

/// Why a described operation cannot become a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It has no name.
    Unnamed,
    /// Its name is too long.
    LongName(String),
    /// A tool of Glowplug itself has its name.
    Reserved(&'static str),
    /// Documents of these ids have operations of the same name.
    SameName(String, Vec<String>),
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed => formatter.write_str("the operation has no name, which would be the tool's"),
            Self::LongName(name) => {
                let length = name.len();
                write!(
                    formatter,
                    "its name has {length} letters; the name of a tool has at most {LONGEST_NAME}"
                )
            }
            Self::Reserved(name) => {
                write!(formatter, "{name} is the name of one of Glowplug's own tools; give it another name")
            }
            Self::SameName(name, ids) => write!(
                formatter,
                "there are several operations with the name {name}, in the documents {}; give each its own",
                ids.join(", ")
            ),
        }
    }
}

/// The described queries and mutations of a list, in its order, and those that have to be left out. The same document under
/// several ids counts once. Of different operations with the same name, none is a tool, because an agent could not tell them
/// apart.
pub fn candidates(list: &AllowList) -> (Vec<Candidate>, Vec<LeftOut>) {
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    let mut names: BTreeMap<String, Vec<(String, Arc<str>)>> = BTreeMap::new();
    for (id, text) in list.iter() {
        let document: Arc<str> = Arc::from(text);
        for operation in described_operations(text) {
            if operation.operation_type == OperationType::Subscription {
                continue;
            }
            let name = match named(&operation) {
                Ok(name) => name,
                Err(reason) => {
                    left_out.push(LeftOut { id: id.to_owned(), reason });
                    continue;
                }
            };
            let of_name = names.entry(name.clone()).or_default();
            if of_name.iter().all(|(_, other)| *other != document) {
                of_name.push((id.to_owned(), Arc::clone(&document)));
                found.push(Candidate { name, document: Arc::clone(&document), operation });
            }
        }
    }
    found.retain(|candidate: &Candidate| names.get(&candidate.name).is_some_and(|same| same.len() == 1));
    for (name, same) in names.into_iter().filter(|(_, same)| same.len() > 1) {
        let ids: Vec<String> = same.into_iter().map(|(id, _)| id).collect();
        left_out.push(LeftOut { id: ids[0].clone(), reason: Reason::SameName(name, ids) });
    }
    (found, left_out)
}

/// The operation's name, if it is one for a tool. The letters of GraphQL's names are among those of tools.
fn named(operation: &DescribedOperation) -> Result<String, Reason> {
    let Some(name) = &operation.name else { return Err(Reason::Unnamed) };
    if let Some(own) = ExploreTool::ALL.iter().find(|own| own.name() == name) {
        return Err(Reason::Reserved(own.name()));
    }
    if name.len() > LONGEST_NAME {
        return Err(Reason::LongName(name.clone()));
    }
    Ok(name.clone())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_without_a_clear_name_are_left_out_and_told() {
        let long = "A".repeat(129);
        let list = json!({
            "1": "\"One\" query One { a } \"Two\" mutation Two { b }",
            "1-again": "\"One\" query One { a } \"Two\" mutation Two { b }",
            "2": "query Undescribed { a } \"\" query Empty { a }",
            "3": "\"Three\" query { a }",
            "4": "\"Four\" query search_schema { a }",
            "5": format!("\"Five\" query {long} {{ a }}"),
            "6": "\"Six\" query Six { a }",
            "7": "\"Seven\" query Six { b }",
            "8": "\"Eight\" subscription Eight { a }",
        });
        let (found, left_out) = candidates(&AllowList::parse(&list.to_string()).unwrap());
        let names: Vec<&str> = found.iter().map(|candidate| candidate.name.as_str()).collect();
        assert_eq!(names, ["One", "Two"]);
        let told: Vec<(&str, &Reason)> = left_out.iter().map(|left| (&*left.id, &left.reason)).collect();
        let ids = || vec!["6".to_owned(), "7".to_owned()];
        assert_eq!(
            told,
            [
                ("3", &Reason::Unnamed),
                ("4", &Reason::Reserved("search_schema")),
                ("5", &Reason::LongName(long)),
                ("6", &Reason::SameName("Six".to_owned(), ids())),
            ]
        );
    }
}
