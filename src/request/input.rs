//! Values of arguments, in the document or in the variables.

use std::borrow::Cow;

use apollo_compiler::Name;
use apollo_compiler::executable::{Field, Value};
use apollo_compiler::response::JsonValue;
use indexmap::IndexMap;

use super::facts::{About, Path, common_keys, is_zero};
use super::{Facts, identifier};

/// A client's value. Every look at a variable is recorded as a fact.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) place: Place<'a>,
}

#[derive(Debug, Clone)]
pub(super) enum Place<'a> {
    /// In the document: anything but a variable; it may contain variables.
    Document(&'a Value),
    /// In the variables.
    Variables(&'a JsonValue, Path),
}

/// Arguments or the fields of an input object, by name, in the order given.
pub type Inputs<'a> = IndexMap<&'a str, Input<'a>>;

/// The kind of value.
#[derive(Debug)]
pub enum Shape<'a> {
    /// null.
    Null,
    /// A scalar, or the name of an enum's value.
    Leaf,
    /// A list.
    List(Vec<Input<'a>>),
    /// An input object. Fields whose variable is absent are absent.
    Object(Inputs<'a>),
}

/// A scalar or the name of an enum's value. Variables do not distinguish texts and names, but validation has
/// checked them.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf<'a> {
    /// null.
    Null,
    /// true or false.
    Boolean(bool),
    /// A number, as it was written.
    Number(Cow<'a, str>),
    /// A string, or the name of an enum's value.
    Text(&'a str),
    /// A list or an object.
    Compound,
}

/// Where the value comes from when a statement is sent.
#[derive(Debug)]
pub enum Source<'a> {
    /// It is in the document.
    Known(Leaf<'a>),
    /// The items of a list in the document, some of which may be variables.
    Items(Vec<Input<'a>>),
    /// It is in the variables, at this path.
    Variable(&'a Path),
}

/// A list of objects, each of which becomes a row.
#[derive(Debug)]
pub enum Rows<'a> {
    /// Several objects in the variables that all have these keys.
    Alike(Vec<&'a str>),
    /// Any other objects.
    Each(Vec<Input<'a>>),
}

impl<'a> Facts<'a> {
    /// The arguments of a field. An argument whose variable is absent is absent.
    pub fn arguments(&'a self, field: &'a Field) -> Inputs<'a> {
        let given = field.arguments.iter();
        given.filter_map(|given| Some((given.name.as_str(), self.input(&given.value)?))).collect()
    }

    /// One argument of a field.
    pub(super) fn argument(&'a self, field: &'a Field, name: &str) -> Option<Input<'a>> {
        let given = field.arguments.iter().find(|given| given.name == name)?;
        self.input(&given.value)
    }

    fn input(&'a self, value: &'a Value) -> Option<Input<'a>> {
        let place = match value {
            Value::Variable(name) => return self.variable(name),
            other => Place::Document(other),
        };
        Some(Input { facts: self, place })
    }

    fn variable(&'a self, name: &Name) -> Option<Input<'a>> {
        let path = Path::of(name);
        self.ask(&path, About::Presence);
        let value = self.variables().get(name.as_str())?;
        Some(Input { facts: self, place: Place::Variables(value, path) })
    }
}

impl<'a> Input<'a> {
    /// The kind of value.
    pub fn shape(&self) -> Shape<'a> {
        match &self.place {
            Place::Document(Value::Null) => Shape::Null,
            Place::Document(Value::List(items)) => {
                // An absent variable in a list is null (GraphQL specification, 3.11).
                let item = |item: &'a Value| self.facts.input(item).unwrap_or_else(|| self.null());
                Shape::List(items.iter().map(|value| item(value)).collect())
            }
            Place::Document(Value::Object(fields)) => {
                let fields = fields.iter();
                let given =
                    fields.filter_map(|(name, value)| Some((name.as_str(), self.facts.input(value)?)));
                Shape::Object(given.collect())
            }
            Place::Document(_) => Shape::Leaf,
            Place::Variables(value, path) => {
                self.facts.ask(path, About::Shape);
                self.shape_of(value, path)
            }
        }
    }

    fn shape_of(&self, value: &'a JsonValue, path: &Path) -> Shape<'a> {
        let below = |value, path| Input { facts: self.facts, place: Place::Variables(value, path) };
        match value {
            JsonValue::Null => Shape::Null,
            JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::String(_) => Shape::Leaf,
            JsonValue::Array(items) => {
                let items = items.iter().enumerate();
                Shape::List(items.map(|(index, item)| below(item, path.item(index))).collect())
            }
            JsonValue::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| (key.as_str(), value));
                Shape::Object(fields.map(|(key, value)| (key, below(value, path.field(key)))).collect())
            }
        }
    }

    fn null(&self) -> Self {
        const NULL: &Value = &Value::Null;
        Self { facts: self.facts, place: Place::Document(NULL) }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        match &self.place {
            Place::Document(value) => value.is_null(),
            Place::Variables(value, path) => {
                self.facts.ask(path, About::Presence);
                value.is_null()
            }
        }
    }

    /// The items of a list, where a single value stands for a list of one (GraphQL specification, 3.11).
    pub fn items(&self) -> Vec<Self> {
        match self.shape() {
            Shape::List(items) => items,
            Shape::Null | Shape::Leaf | Shape::Object(_) => vec![self.clone()],
        }
    }

    /// The fields of an input object; empty for anything else.
    pub fn fields(&self) -> Inputs<'a> {
        match self.shape() {
            Shape::Object(fields) => fields,
            Shape::Null | Shape::Leaf | Shape::List(_) => Inputs::default(),
        }
    }

    /// The value itself, if the statement depends on it: a direction to order in, the size of a page.
    pub fn value(&self) -> Leaf<'a> {
        match &self.place {
            Place::Document(value) => Leaf::of_document(value),
            Place::Variables(value, path) => {
                self.facts.ask(path, About::Value);
                Leaf::of_json(value)
            }
        }
    }

    /// Whether it is the number 0.
    pub fn is_zero(&self) -> bool {
        match &self.place {
            Place::Document(value) => {
                matches!(Leaf::of_document(value), Leaf::Number(number) if number == "0")
            }
            Place::Variables(value, path) => {
                self.facts.ask(path, About::IsZero);
                is_zero(value)
            }
        }
    }

    /// Of a cursor: whether each of its values is null; `None` if it is not a cursor.
    pub fn cursor_nulls(&self) -> Option<Vec<bool>> {
        let values = identifier::decode(self.text(About::CursorNulls)?)?;
        Some(values.iter().map(Option::is_none).collect())
    }

    /// Of a node id: schema and table, and whether each value of the key is null; `None` if it is not a node
    /// id.
    pub fn node(&self) -> Option<(String, String, Vec<bool>)> {
        let (schema, table, values) = identifier::decode_node_id(self.text(About::Node)?)?;
        Some((schema, table, values.iter().map(Option::is_none).collect()))
    }

    fn text(&self, about: About) -> Option<&'a str> {
        match &self.place {
            Place::Document(value) => value.as_str(),
            Place::Variables(value, path) => {
                self.facts.ask(path, about);
                value.as_str()
            }
        }
    }

    /// The objects that become rows.
    pub fn rows(&self) -> Rows<'a> {
        if let Place::Variables(value, path) = &self.place {
            self.facts.ask(path, About::Columns);
            if let Some(keys) = common_keys(value) {
                return Rows::Alike(keys.into_iter().collect());
            }
        }
        Rows::Each(self.items())
    }

    /// Of a list of objects in the variables: the value that all of them have for a key.
    pub fn common(&self, key: &str) -> Option<Self> {
        let Place::Variables(_, path) = &self.place else { return None };
        let of_key = path.field(key);
        self.facts.ask(&of_key, About::Agreement);
        let value = of_key.agreed(self.facts.variables())?;
        Some(Self { facts: self.facts, place: Place::Variables(value, path.item(0).field(key)) })
    }

    /// Where the value comes from, for a placeholder of a statement. Asks nothing about variables.
    pub fn source(&self) -> Source<'_> {
        match &self.place {
            Place::Document(Value::List(_)) => Source::Items(self.items()),
            Place::Document(value) => Source::Known(Leaf::of_document(value)),
            Place::Variables(_, path) => Source::Variable(path),
        }
    }
}

impl<'a> Leaf<'a> {
    fn of_document(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(value) => Self::Boolean(*value),
            Value::Int(number) => Self::Number(number.as_str().into()),
            Value::Float(number) => Self::Number(number.as_str().into()),
            Value::String(text) => Self::Text(text),
            Value::Enum(name) => Self::Text(name.as_str()),
            // An input has already resolved a variable at this point.
            Value::Variable(_) | Value::List(_) | Value::Object(_) => Self::Compound,
        }
    }

    /// A value of the variables.
    pub fn of_json(value: &'a JsonValue) -> Self {
        match value {
            JsonValue::Null => Self::Null,
            JsonValue::Bool(value) => Self::Boolean(*value),
            JsonValue::Number(number) => Self::Number(number.to_string().into()),
            JsonValue::String(text) => Self::Text(text.as_str()),
            JsonValue::Array(_) | JsonValue::Object(_) => Self::Compound,
        }
    }
}
