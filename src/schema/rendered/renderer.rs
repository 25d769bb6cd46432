//! The parts that definitions consist of. Parts that many definitions have in common are made once and
//! shared: with a thousand tables, these are most of the parts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use apollo_compiler::ast::{DirectiveList, FieldDefinition, InputValueDefinition, Type, Value};
use apollo_compiler::{Name, Node, name};

use super::semantic_non_null;
use crate::catalog::Oid;
use crate::schema::{
    ColumnType, FixedFields, Nullability, OptionalType, Scalar, Schema, TableType, TypeId, ValueType,
};

/// A field of an object.
pub(super) type Field = Node<FieldDefinition>;

/// An argument, or a field of an input object.
pub(super) type Input = Node<InputValueDefinition>;

/// Makes definitions of a schema's types.
pub(super) struct Renderer<'s> {
    pub(super) schema: &'s Schema,
    types: HashMap<TypeId, Node<Type>>,
    texts: HashMap<&'static str, Node<str>>,
    fields: HashMap<&'static str, Field>,
    inputs: HashMap<(Arc<str>, TypeId), Input>,
    /// The arguments of each table's collections.
    pub(super) pages: HashMap<usize, Vec<Input>>,
    /// The referenced types among those that exist only if a definition references them.
    pub(super) used: HashSet<TypeId>,
    /// The names of the types that the application's definitions reference.
    pub(super) used_names: HashSet<&'s str>,
    /// A name that is not valid in GraphQL.
    pub(super) invalid: Option<String>,
}

impl<'s> Renderer<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        Self {
            schema,
            types: HashMap::new(),
            texts: HashMap::new(),
            fields: HashMap::new(),
            inputs: HashMap::new(),
            pages: HashMap::new(),
            used: HashSet::new(),
            used_names: HashSet::new(),
            invalid: None,
        }
    }

    /// A name of the schema.
    pub(super) fn name(&mut self, text: &Arc<str>) -> Name {
        Name::try_from(Arc::clone(text)).unwrap_or_else(|_| self.placeholder(text))
    }

    pub(super) fn fixed_name(&mut self, text: &'static str) -> Name {
        Name::new_static(text).unwrap_or_else(|_| self.placeholder(text))
    }

    /// A replacement for an invalid name. Names have been checked before; if one is invalid all the same, the
    /// whole document is refused.
    fn placeholder(&mut self, text: &str) -> Name {
        self.invalid.get_or_insert_with(|| text.to_owned());
        name!("invalid")
    }

    /// The name of a type.
    pub(super) fn type_name(&mut self, id: TypeId) -> Name {
        self.nullable(id).inner_named_type().clone()
    }

    /// The nullable type, in the form that arguments need.
    fn nullable(&mut self, id: TypeId) -> Node<Type> {
        if let Some(found) = self.types.get(&id) {
            return found.clone();
        }
        let name: Arc<str> = id.name(self.schema).into();
        let named = if id == TypeId::Value(ValueType::Scalar(Scalar::Vector)) {
            // A list of numbers, none of which is null.
            Node::new(self.scalar(Scalar::Float).non_null().list())
        } else {
            Node::new(Type::Named(self.name(&name)))
        };
        self.types.insert(id, named.clone());
        named
    }

    /// The nullable type, recorded as referenced by a definition.
    pub(super) fn reference(&mut self, id: TypeId) -> Type {
        if matches!(
            id,
            TypeId::Value(_)
                | TypeId::ValueFilter(_)
                | TypeId::ListFilter(_)
                | TypeId::JsonRemoval
                | TypeId::Optional(
                    OptionalType::TextSearch | OptionalType::Similarity | OptionalType::TruncationUnit
                )
                | TypeId::Composite(_)
                | TypeId::CompositeInput(_)
                | TypeId::CompositeFilter(_)
                | TypeId::Table(_, TableType::InsertOneInput | TableType::InsertManyInput)
        ) {
            self.used.insert(id);
        }
        Type::clone(&self.nullable(id))
    }

    /// The type of a scalar, nullable.
    pub(super) fn scalar(&mut self, scalar: crate::schema::Scalar) -> Type {
        self.reference(TypeId::Value(ValueType::Scalar(scalar)))
    }

    /// The nullable type of a value or of an array of values. Elements of arrays are always nullable, as in
    /// PostgreSQL.
    pub(super) fn value(&mut self, column_type: &ColumnType) -> Type {
        self.lists_of(column_type, TypeId::Composite)
    }

    /// The same in inputs.
    pub(super) fn input_value(&mut self, column_type: &ColumnType) -> Type {
        self.lists_of(column_type, TypeId::CompositeInput)
    }

    fn lists_of(&mut self, column_type: &ColumnType, of_composite: impl FnOnce(Oid) -> TypeId) -> Type {
        let value = column_type.composite.map_or(TypeId::Value(column_type.value), of_composite);
        let value = self.reference(value);
        (0..column_type.levels()).fold(value, |items, _| items.list())
    }

    /// A text that is used in many places.
    pub(super) fn text(&mut self, text: &'static str) -> Node<str> {
        self.texts.entry(text).or_insert_with(|| Node::new_str(text)).clone()
    }

    /// A field with the name and description of its kind.
    pub(super) fn fixed(&mut self, kind: impl FixedFields, returns: Type) -> Field {
        let description = Some(self.text(kind.description()));
        let name = self.fixed_name(kind.name());
        field(name, description, Vec::new(), returns)
    }

    /// Like [`Renderer::fixed`], for a field that is the same in every type that has it.
    pub(super) fn shared(&mut self, kind: impl FixedFields, returns: Type) -> Field {
        if let Some(found) = self.fields.get(kind.description()) {
            return found.clone();
        }
        let made = self.fixed(kind, returns);
        self.fields.insert(kind.description(), made.clone());
        made
    }

    /// The field with the type, or the directive, that says what its null means. Its type is nullable before.
    pub(super) fn with_nullability(&self, mut field: Field, nullability: Nullability) -> Field {
        match nullability {
            Nullability::NonNull => {
                let made = field.make_mut();
                made.ty = made.ty.clone().non_null();
            }
            Nullability::SemanticNonNull if self.schema.marks_semantic_non_null => {
                field.make_mut().directives.push(semantic_non_null::applied());
            }
            Nullability::SemanticNonNull | Nullability::Nullable => {}
        }
        field
    }

    /// A field whose name does not come from the database.
    pub(super) fn field(
        &mut self,
        name: &'static str,
        description: Option<&'static str>,
        returns: Type,
    ) -> Field {
        let description = description.map(|text| self.text(text));
        field(self.fixed_name(name), description, Vec::new(), returns)
    }

    /// An argument or input field whose name does not come from the database.
    pub(super) fn input(
        &mut self,
        name: &'static str,
        description: Option<&'static str>,
        takes: Type,
    ) -> Input {
        let description = description.map(|text| self.text(text));
        input(self.fixed_name(name), description, Node::new(takes))
    }

    /// An input field with a nullable type. Columns with the same name and type share it.
    pub(super) fn nullable_input(&mut self, name: &Arc<str>, takes: TypeId) -> Input {
        let key = (Arc::clone(name), takes);
        if let Some(found) = self.inputs.get(&key) {
            return found.clone();
        }
        self.reference(takes);
        let of = self.nullable(takes);
        let made = input(self.name(name), None, of);
        self.inputs.insert(key, made.clone());
        made
    }
}

/// A description of a single object.
pub(super) fn description(text: Option<&String>) -> Option<Node<str>> {
    text.map(|text| Node::new_str(text))
}

/// A field of an object.
pub(super) fn field(
    name: Name,
    description: Option<Node<str>>,
    arguments: Vec<Input>,
    returns: Type,
) -> Field {
    Node::new(FieldDefinition {
        description,
        name,
        arguments,
        ty: returns,
        directives: DirectiveList::default(),
    })
}

/// An argument or input field without a default.
pub(super) fn input(name: Name, description: Option<Node<str>>, takes: Node<Type>) -> Input {
    Node::new(InputValueDefinition {
        description,
        name,
        ty: takes,
        default_value: None,
        directives: DirectiveList::default(),
    })
}

/// The same argument with a default.
pub(super) fn with_default(argument: &Input, value: Node<Value>) -> Input {
    Node::new(InputValueDefinition { default_value: Some(value), ..InputValueDefinition::clone(argument) })
}

/// The type, non-null if `condition` is true.
pub(super) fn non_null_if(of: Type, condition: bool) -> Type {
    if condition { of.non_null() } else { of }
}
