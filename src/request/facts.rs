//! The properties of a request's variables that its plan depends on.
//!
//! A value seldom changes a statement: the statement has a placeholder, and the value is bound later. Facts
//! do change the statement: whether a variable is present, the keys of an input object, a direction to order
//! in. [`Facts`] is the only way for a plan to read variables; it answers questions, and records each of
//! them. Requests for which all of these questions have the same answers have the same plan.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use apollo_compiler::Name;
use apollo_compiler::response::serde_json_bytes::ByteString;
use apollo_compiler::response::{JsonMap, JsonValue};
use indexmap::IndexSet;

use super::representation::{RepresentationSort, length, sorts};
use super::{Operation, identifier};

/// A plan that has asked more questions is not worth caching: few requests will have the same answers.
const MOST_QUESTIONS: usize = 256;

/// The name of the caller's tenant among the values of the variables. No variable can have it.
pub(super) const TENANT: Name = Name::new_static_unchecked("claims.tenant");

/// A question about the variables of a request. Its answer does not depend on the process.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    path: Path,
    about: About,
}

/// The path to a value in the variables.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    variable: Name,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Field(Box<str>),
    Item(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum About {
    /// Whether it is absent, null, or present.
    Presence,
    /// The kind of value, with the length of a list, or the keys of an object in their order.
    Shape,
    /// The value itself.
    Value,
    /// Whether it is the number 0.
    IsZero,
    /// Which values of a cursor are null.
    CursorNulls,
    /// The table of a node id, and which values of the key are null.
    Node,
    /// Of a list of objects: their keys, if all of them have the same ones.
    Columns,
    /// Of a list of representations: which sorts of them there are.
    Representations,
    /// Of a list: about how many items it has.
    Length,
    /// Of a key of a list's objects, which is the last step of the path: whether all objects have one value for it.
    Agreement,
}

/// Answers questions about the variables of one operation, and records them.
#[derive(Debug)]
pub struct Facts<'a> {
    operation: &'a Operation,
    questions: RefCell<IndexSet<Question>>,
    are_too_many: Cell<bool>,
}

impl<'a> Facts<'a> {
    /// Starts without questions.
    pub fn of(operation: &'a Operation) -> Self {
        Self { operation, questions: RefCell::default(), are_too_many: Cell::new(false) }
    }

    /// The operation. Use the facts for everything that depends on variables.
    pub fn operation(&self) -> &'a Operation {
        self.operation
    }

    /// The questions in order; `None` if there were too many for the plan to be worth caching.
    pub fn into_questions(self) -> Option<Vec<Question>> {
        (!self.are_too_many.get()).then(|| self.questions.into_inner().into_iter().collect())
    }

    pub(super) fn variables(&self) -> &'a JsonMap {
        self.operation.variables()
    }

    pub(super) fn ask(&self, path: &Path, about: About) {
        let mut questions = self.questions.borrow_mut();
        if questions.len() < MOST_QUESTIONS {
            questions.insert(Question { path: path.clone(), about });
        } else {
            self.are_too_many.set(true);
        }
    }

    /// The value of a variable.
    pub(super) fn value(&self, name: &Name) -> Option<&'a JsonValue> {
        self.ask(&Path::of(name), About::Value);
        self.variables().get(name.as_str())
    }

    /// The value of a Boolean variable, for `@skip` and `@include`.
    pub(super) fn boolean(&self, name: &Name) -> bool {
        self.ask(&Path::of(name), About::Value);
        matches!(self.variables().get(name.as_str()), Some(JsonValue::Bool(true)))
    }
}

impl Question {
    /// Bytes of memory, about.
    pub fn size(&self) -> usize {
        let steps = self.path.steps.iter().map(|step| match step {
            Step::Field(key) => key.len(),
            Step::Item(_) => 0,
        });
        size_of::<Self>() + self.path.steps.len() * size_of::<Step>() + steps.sum::<usize>()
    }

    /// Appends the answer in a form that makes different lists of answers differ.
    pub fn answer(&self, variables: &JsonMap, answers: &mut Vec<u8>) {
        if self.about == About::Agreement {
            let is_agreed = self.path.agreed(variables).is_some();
            return answers.extend(if is_agreed { b"=;" } else { b"x;" });
        }
        let found = self.path.find(variables);
        let Some(value) = found else { return answers.push(b'-') };
        match self.about {
            About::Presence => answers.push(if value.is_null() { b'n' } else { b'v' }),
            About::Shape => shape(value, answers),
            About::Value => text(&value.to_string(), answers),
            About::IsZero => answers.push(if is_zero(value) { b'0' } else { b'1' }),
            About::CursorNulls => nulls(value.as_str().and_then(identifier::decode), answers),
            About::Node => match value.as_str().and_then(identifier::decode_node_id) {
                Some((schema, table, values)) => {
                    text(&schema, answers);
                    text(&table, answers);
                    nulls(Some(values), answers);
                }
                None => answers.push(b'x'),
            },
            About::Columns => match common_keys(value) {
                Some(keys) => keys.into_iter().for_each(|key| text(key, answers)),
                None => answers.push(b'x'),
            },
            About::Representations => {
                for RepresentationSort { type_name, fields } in sorts(value) {
                    text(type_name, answers);
                    for field in fields {
                        text(field, answers);
                    }
                    answers.push(b',');
                }
            }
            About::Length => answers.extend(length(value).to_be_bytes()),
            // Answered above, because nothing is at the path itself.
            About::Agreement => {}
        }
        answers.push(b';');
    }
}

impl Path {
    pub(super) fn of(variable: &Name) -> Self {
        Self { variable: variable.clone(), steps: Vec::new() }
    }

    /// The path to the caller's tenant, beside the variables.
    pub(crate) fn of_tenant() -> Self {
        Self { variable: TENANT, steps: Vec::new() }
    }

    pub(super) fn field(&self, key: &str) -> Self {
        self.below(Step::Field(key.into()))
    }

    pub(super) fn item(&self, index: usize) -> Self {
        self.below(Step::Item(index))
    }

    fn below(&self, step: Step) -> Self {
        let steps = self.steps.iter().cloned().chain([step]).collect();
        Self { variable: self.variable.clone(), steps }
    }

    /// The value at this path, if there is one.
    pub fn find<'v>(&self, variables: &'v JsonMap) -> Option<&'v JsonValue> {
        let variable = variables.get(self.variable.as_str())?;
        self.steps.iter().try_fold(variable, |value, step| match step {
            Step::Field(key) => value.as_object()?.get(&**key),
            Step::Item(index) => value.as_array()?.get(*index),
        })
    }

    /// The value that all objects of a list have for a key; the path leads to the list, and its last step is the key.
    pub(super) fn agreed<'v>(&self, variables: &'v JsonMap) -> Option<&'v JsonValue> {
        let (Step::Field(key), above) = self.steps.split_last()? else { return None };
        let list = Self { variable: self.variable.clone(), steps: above.to_vec() };
        let mut values =
            list.find(variables)?.as_array()?.iter().map(|object| object.as_object()?.get(&**key));
        let first = values.next()??;
        values.all(|value| value == Some(first)).then_some(first)
    }
}

pub(super) fn is_zero(value: &JsonValue) -> bool {
    value.as_u64() == Some(0)
}

/// The keys of the objects of a list, sorted, if there are several objects and all of them have the same
/// keys.
pub(super) fn common_keys(value: &JsonValue) -> Option<BTreeSet<&str>> {
    let [first, second, rest @ ..] = value.as_array()?.as_slice() else { return None };
    let first = first.as_object()?;
    let has_same = |object: &JsonValue| {
        object.as_object().is_some_and(|object| {
            object.len() == first.len() && object.keys().all(|key| first.contains_key(key.as_str()))
        })
    };
    let are_same = std::iter::once(second).chain(rest).all(has_same);
    are_same.then(|| first.keys().map(ByteString::as_str).collect())
}

fn shape(value: &JsonValue, answers: &mut Vec<u8>) {
    match value {
        JsonValue::Null => answers.push(b'n'),
        JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::String(_) => answers.push(b'v'),
        JsonValue::Array(items) => {
            answers.push(b'[');
            answers.extend_from_slice(&items.len().to_be_bytes());
        }
        JsonValue::Object(fields) => {
            answers.push(b'{');
            fields.keys().for_each(|key| text(key.as_str(), answers));
        }
    }
}

fn text(text: &str, answers: &mut Vec<u8>) {
    answers.push(b'"');
    answers.extend_from_slice(&text.len().to_be_bytes());
    answers.extend_from_slice(text.as_bytes());
}

fn nulls(values: Option<Vec<Option<String>>>, answers: &mut Vec<u8>) {
    match values {
        Some(values) => {
            answers.extend(values.iter().map(|value| if value.is_none() { b'n' } else { b'v' }));
        }
        None => answers.push(b'x'),
    }
}
