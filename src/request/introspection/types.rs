//! The fields of the introspection types (GraphQL specification, 4.2), read from a compiled schema.

use std::borrow::Cow;

use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, Type};
use apollo_compiler::collections::HashMap;
use apollo_compiler::schema::{
    DirectiveDefinition, DirectiveList, EnumValueDefinition, ExtendedType, Implementers,
};
use apollo_compiler::{Name, Schema};

/// The introspected API.
#[derive(Clone, Copy)]
pub(super) struct Api<'a> {
    pub(super) schema: &'a Schema,
    pub(super) implementers: &'a HashMap<Name, Implementers>,
}

/// An object of introspection.
#[derive(Clone, Copy)]
pub(super) enum Object<'a> {
    /// `__Schema`.
    Schema,
    /// `__Type` of a named type.
    Named(&'a ExtendedType),
    /// `__Type` of a list of this type.
    List(&'a Type),
    /// `__Type` of this type as non-null.
    NonNull(&'a Type),
    /// `__Field`.
    Field(&'a FieldDefinition),
    /// `__InputValue`.
    InputValue(&'a InputValueDefinition),
    /// `__EnumValue`.
    EnumValue(&'a EnumValueDefinition),
    /// `__Directive`.
    Directive(&'a DirectiveDefinition),
}

/// The value of a field.
pub(super) enum Resolved<'a> {
    Null,
    Boolean(bool),
    Text(Cow<'a, str>),
    Texts(Vec<&'static str>),
    Object(Object<'a>),
    Objects(Vec<Object<'a>>),
}

impl<'a> Resolved<'a> {
    fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    fn nullable(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    fn objects(objects: impl Iterator<Item = Object<'a>>) -> Self {
        Self::Objects(objects.collect())
    }
}

impl<'a> Api<'a> {
    /// The type of that name, or null.
    pub(super) fn type_named(self, name: &str) -> Resolved<'a> {
        self.schema.types.get(name).map_or(Resolved::Null, |found| Resolved::Object(Object::Named(found)))
    }

    /// The value of an object's field. `deprecated` says whether to list deprecated parts.
    pub(super) fn field(self, object: Object<'a>, name: &str, deprecated: bool) -> Resolved<'a> {
        if name == "__typename" {
            return Resolved::text(type_name(object));
        }
        match object {
            Object::Schema => self.of_schema(name),
            Object::Named(found) => self.of_type(found, name, deprecated),
            Object::List(item) => of_wrapper("LIST", name, || self.reference(item)),
            Object::NonNull(found) => of_wrapper("NON_NULL", name, || match found {
                Type::NonNullList(item) | Type::List(item) => Resolved::Object(Object::List(item)),
                Type::NonNullNamed(name) | Type::Named(name) => self.type_named(name),
            }),
            Object::Field(field) => match name {
                "name" => Resolved::text(&field.name),
                "description" => Resolved::nullable(field.description.as_deref()),
                "args" => input_values(field.arguments.iter().map(|argument| &**argument), deprecated),
                "type" => self.reference(&field.ty),
                _ => self.deprecation(name, field.directives.get("deprecated").map(|found| &**found)),
            },
            Object::InputValue(value) => match name {
                "name" => Resolved::text(&value.name),
                "description" => Resolved::nullable(value.description.as_deref()),
                "type" => self.reference(&value.ty),
                "defaultValue" => value.default_value.as_ref().map_or(Resolved::Null, |default| {
                    Resolved::Text(default.serialize().no_indent().to_string().into())
                }),
                _ => self.deprecation(name, value.directives.get("deprecated").map(|found| &**found)),
            },
            Object::EnumValue(value) => match name {
                "name" => Resolved::text(&value.value),
                "description" => Resolved::nullable(value.description.as_deref()),
                _ => self.deprecation(name, value.directives.get("deprecated").map(|found| &**found)),
            },
            Object::Directive(directive) => match name {
                "name" => Resolved::text(&directive.name),
                "description" => Resolved::nullable(directive.description.as_deref()),
                "args" => input_values(directive.arguments.iter().map(|argument| &**argument), deprecated),
                "locations" => {
                    Resolved::Texts(directive.locations.iter().map(|place| place.name()).collect())
                }
                "isRepeatable" => Resolved::Boolean(directive.repeatable),
                _ => Resolved::Null,
            },
        }
    }

    fn of_schema(self, name: &str) -> Resolved<'a> {
        let definition = &self.schema.schema_definition;
        let root = |of: &'a Option<apollo_compiler::schema::ComponentName>| {
            of.as_ref().map_or(Resolved::Null, |name| self.type_named(name))
        };
        match name {
            "description" => Resolved::nullable(definition.description.as_deref()),
            "types" => Resolved::objects(self.schema.types.values().map(Object::Named)),
            "directives" => Resolved::objects(
                self.schema.directive_definitions.values().map(|found| Object::Directive(found)),
            ),
            "queryType" => root(&definition.query),
            "mutationType" => root(&definition.mutation),
            "subscriptionType" => root(&definition.subscription),
            _ => Resolved::Null,
        }
    }

    fn of_type(self, found: &'a ExtendedType, name: &str, deprecated: bool) -> Resolved<'a> {
        match (name, found) {
            ("kind", _) => Resolved::text(kind(found)),
            ("name", _) => Resolved::text(found.name()),
            ("description", _) => Resolved::nullable(found.description().map(apollo_compiler::Node::as_str)),
            ("fields", ExtendedType::Object(object)) => {
                fields(object.fields.values().map(|field| &***field), deprecated)
            }
            ("fields", ExtendedType::Interface(interface)) => {
                fields(interface.fields.values().map(|field| &***field), deprecated)
            }
            ("interfaces", ExtendedType::Object(object)) => {
                self.types(object.implements_interfaces.iter().map(|name| &name.name))
            }
            ("interfaces", ExtendedType::Interface(interface)) => {
                self.types(interface.implements_interfaces.iter().map(|name| &name.name))
            }
            ("possibleTypes", ExtendedType::Interface(interface)) => {
                let implementers = self.implementers.get(&interface.name);
                self.types(implementers.into_iter().flat_map(|found| &found.objects))
            }
            ("possibleTypes", ExtendedType::Union(union)) => {
                self.types(union.members.iter().map(|name| &name.name))
            }
            ("enumValues", ExtendedType::Enum(found)) => {
                let values = found.values.values();
                let shown = values.filter(|value| deprecated || !value.directives.has("deprecated"));
                Resolved::objects(shown.map(|value| Object::EnumValue(value)))
            }
            ("inputFields", ExtendedType::InputObject(found)) => {
                input_values(found.fields.values().map(|field| &***field), deprecated)
            }
            ("specifiedByURL", ExtendedType::Scalar(scalar)) => {
                Resolved::nullable(address(&scalar.directives))
            }
            _ => Resolved::Null,
        }
    }

    fn reference(self, to: &'a Type) -> Resolved<'a> {
        match to {
            Type::Named(name) => self.type_named(name),
            Type::List(item) => Resolved::Object(Object::List(item)),
            Type::NonNullNamed(_) | Type::NonNullList(_) => Resolved::Object(Object::NonNull(to)),
        }
    }

    fn types(self, names: impl Iterator<Item = &'a Name>) -> Resolved<'a> {
        Resolved::objects(names.filter_map(|name| self.schema.types.get(name)).map(Object::Named))
    }

    fn deprecation(self, name: &str, directive: Option<&'a apollo_compiler::ast::Directive>) -> Resolved<'a> {
        match name {
            "isDeprecated" => Resolved::Boolean(directive.is_some()),
            "deprecationReason" => {
                let reason = directive.and_then(|found| found.argument_by_name("reason", self.schema).ok());
                Resolved::nullable(reason.and_then(|reason| reason.as_str()))
            }
            _ => Resolved::Null,
        }
    }
}

/// A field of a list or non-null type, which has no name.
fn of_wrapper<'a>(kind: &'static str, name: &str, inner: impl Fn() -> Resolved<'a>) -> Resolved<'a> {
    match name {
        "kind" => Resolved::text(kind),
        "ofType" => inner(),
        _ => Resolved::Null,
    }
}

fn address(directives: &DirectiveList) -> Option<&str> {
    directives.get("specifiedBy")?.specified_argument_by_name("url")?.as_str()
}

fn fields<'a>(all: impl Iterator<Item = &'a FieldDefinition>, deprecated: bool) -> Resolved<'a> {
    Resolved::objects(
        all.filter(|field| deprecated || !field.directives.has("deprecated")).map(Object::Field),
    )
}

fn input_values<'a>(all: impl Iterator<Item = &'a InputValueDefinition>, deprecated: bool) -> Resolved<'a> {
    let shown = all.filter(|value| deprecated || !value.directives.has("deprecated"));
    Resolved::objects(shown.map(Object::InputValue))
}

fn type_name(object: Object<'_>) -> &'static str {
    match object {
        Object::Schema => "__Schema",
        Object::Named(_) | Object::List(_) | Object::NonNull(_) => "__Type",
        Object::Field(_) => "__Field",
        Object::InputValue(_) => "__InputValue",
        Object::EnumValue(_) => "__EnumValue",
        Object::Directive(_) => "__Directive",
    }
}

fn kind(found: &ExtendedType) -> &'static str {
    match found {
        ExtendedType::Scalar(_) => "SCALAR",
        ExtendedType::Object(_) => "OBJECT",
        ExtendedType::Interface(_) => "INTERFACE",
        ExtendedType::Union(_) => "UNION",
        ExtendedType::Enum(_) => "ENUM",
        ExtendedType::InputObject(_) => "INPUT_OBJECT",
    }
}
