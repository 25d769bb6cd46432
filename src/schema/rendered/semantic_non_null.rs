//! The directive `@semanticNonNull`: where it stands, a field is null only together with an error whose path leads to the
//! field, although its type is nullable (<https://specs.apollo.dev/nullability/v0.4>). Clients that handle errors take its
//! type as non-null; for all others nothing changes.

use apollo_compiler::ast::{
    Definition, Directive, DirectiveDefinition, DirectiveList, DirectiveLocation, InputValueDefinition, Value,
};
use apollo_compiler::{Node, name, ty};

const DESCRIPTION: &str = "The field is null only together with an error whose path leads to it; `levels` are those of its lists. See https://specs.apollo.dev/nullability/v0.4";

/// The directive as it stands on a field: with its default, which means the field itself and not the items of a list.
pub(super) fn applied() -> Node<Directive> {
    Node::new(Directive { name: name!("semanticNonNull"), arguments: Vec::new() })
}

/// The definition.
pub(super) fn definition() -> Definition {
    let levels = InputValueDefinition {
        description: None,
        name: name!("levels"),
        ty: Node::new(ty!([Int!]!)),
        default_value: Some(Node::new(Value::List(vec![Node::new(Value::Int(0.into()))]))),
        directives: DirectiveList::default(),
    };
    let definition = DirectiveDefinition {
        description: Some(Node::new_str(DESCRIPTION)),
        name: name!("semanticNonNull"),
        arguments: vec![Node::new(levels)],
        repeatable: false,
        locations: vec![DirectiveLocation::FieldDefinition],
    };
    Definition::DirectiveDefinition(Node::new(definition))
}
