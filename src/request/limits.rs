//! The limits on one operation. Fragments count at each spread, and variables at each use, but each is
//! measured only once.

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::executable::{Selection, SelectionSet};

use super::reach::{MOST_RELATIONS, Reach};
use super::weight::{Load, NESTING, Scale};
use super::{Facts, Field, Input, JsonMap, Leaf, Message, RequestError};
use crate::config::Limits;
use crate::schema::{
    Cardinality, DEFAULT_PAGE_SIZE, FilterFieldKind, GROUP_NODES, MUTATION, MutationFieldKind, QUERY,
    QueryFieldKind, REPRESENTATIONS, Returns, RowConditionKind, RowFieldKind, SUBSCRIPTION, Schema,
};

/// A filter with more values or bytes is not examined for a key: no key has as many columns, and the
/// examination copies the filter.
const KEY_FILTER: usize = 128;
const KEY_FILTER_BYTES: usize = 64 * 1024;

/// The size of an operation, with the variables of a request.
#[derive(Debug, Clone, Copy)]
pub struct Measure(Size);

/// The size of a selection set.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    depth: usize,
    aliases: usize,
    /// The objects that it can return for each parent object.
    complexity: usize,
    /// Fields of the selection set itself.
    roots: usize,
    /// Fields at any depth.
    fields: usize,
    /// The relations in filters and orders.
    relations: usize,
    /// The arguments.
    load: Load,
    /// The part of the arguments that is in the document.
    written: Load,
    /// The number of uses of variables in arguments.
    uses: usize,
}

impl Measure {
    /// Measures an operation. Reads its variables, except for their sizes, through the facts.
    pub fn of(schema: &Schema, facts: &Facts<'_>) -> Self {
        let scale = Scale::new(facts.variables());
        let mut meter = Meter { schema, facts, scale, fragments: HashMap::new() };
        Self(meter.selections(&facts.operation().definition().selection_set))
    }

    /// Refuses an operation that exceeds the limits.
    pub fn check(&self, limits: &Limits) -> Result<(), RequestError> {
        let size = &self.0;
        if size.load.nesting > NESTING {
            let text = format!(
                "lists and input objects are nested {} levels deep; {NESTING} are allowed: write a flatter filter",
                size.load.nesting
            );
            return Err(RequestError::Invalid(vec![Message { text, locations: Vec::new() }]));
        }
        if size.relations > MOST_RELATIONS {
            let text = format!(
                "filters and orders use {} relations; {MOST_RELATIONS} are allowed: split the operation",
                size.relations
            );
            return Err(RequestError::Invalid(vec![Message { text, locations: Vec::new() }]));
        }
        let refuse = |limit, found, allowed| {
            if found > allowed {
                Err(RequestError::TooLarge { limit, found: Some(found), allowed })
            } else {
                Ok(())
            }
        };
        refuse("root-fields", size.roots, limits.root_fields)?;
        refuse("fields", size.fields, limits.fields)?;
        refuse("aliases", size.aliases, limits.aliases)?;
        refuse("depth", size.depth, limits.depth)?;
        refuse("values", size.load.values, limits.values)?;
        refuse("message", size.load.bytes, limits.message_bytes)?;
        refuse("complexity", size.complexity, limits.complexity)
    }

    /// About how many objects the operation can return.
    pub fn complexity(&self) -> usize {
        self.0.complexity
    }

    /// The measure of the same operation with other variables for which the facts are the same; `None` if
    /// their sizes have to be measured at each use to know whether they are within the limits.
    #[must_use]
    pub fn with(self, variables: &JsonMap, limits: &Limits) -> Option<Self> {
        let load = self.0.written.with_all(variables, self.0.uses);
        let is_within =
            load.values <= limits.values && load.bytes <= limits.message_bytes && load.nesting <= NESTING;
        is_within.then_some(Self(Size { load, ..self.0 }))
    }
}

struct Meter<'a> {
    schema: &'a Schema,
    facts: &'a Facts<'a>,
    scale: Scale<'a>,
    fragments: HashMap<&'a Name, Size>,
}

impl<'a> Meter<'a> {
    fn selections(&mut self, selections: &'a SelectionSet) -> Size {
        let mut total = Size::default();
        for selection in &selections.selections {
            let size = match selection {
                Selection::Field(field) => self.field(&selections.ty, field),
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
            };
            total.depth = total.depth.max(size.depth);
            total.aliases = total.aliases.saturating_add(size.aliases);
            total.complexity = total.complexity.saturating_add(size.complexity);
            total.roots = total.roots.saturating_add(size.roots);
            total.fields = total.fields.saturating_add(size.fields);
            total.relations = total.relations.saturating_add(size.relations);
            total.load = total.load.and(size.load);
            total.written = total.written.and(size.written);
            total.uses = total.uses.saturating_add(size.uses);
        }
        total
    }

    fn fragment(&mut self, name: &'a Name) -> Size {
        if let Some(size) = self.fragments.get(name) {
            return *size;
        }
        let Some(fragment) = self.facts.operation().document().fragments.get(name) else {
            return Size::default();
        };
        let size = self.selections(&fragment.selection_set);
        self.fragments.insert(name, size);
        size
    }

    fn field(&mut self, parent: &str, field: &'a Field) -> Size {
        let aliases = usize::from(field.alias.is_some());
        let is_insert = parent == MUTATION
            && matches!(self.schema.mutation.get(field.name.as_str()), Some(MutationFieldKind::Insert(_)));
        let arguments = self.scale.arguments(field, is_insert);
        let reach = self.reach(parent, field);
        let own = Size {
            depth: reach.levels.saturating_add(1),
            aliases,
            complexity: 0,
            roots: 1,
            fields: 1,
            relations: reach.relations,
            load: arguments.load,
            written: arguments.written,
            uses: arguments.uses,
        };
        // Introspection has its own limits, and is answered from memory.
        if field.selection_set.is_empty() || field.name.starts_with("__") {
            return own;
        }
        let inner = self.selections(&field.selection_set);
        let rows = match self.collection(parent, &field.name) {
            Some(of) => self.rows(of, field, own.load),
            None => self.entities(parent, field).unwrap_or(1),
        };
        Size {
            depth: inner.depth.saturating_add(1).max(own.depth),
            aliases: inner.aliases.saturating_add(aliases),
            complexity: rows
                .saturating_mul(inner.complexity.saturating_add(usize::from(rows > 0)))
                .saturating_add(reach.relations),
            roots: 1,
            fields: inner.fields.saturating_add(1),
            relations: inner.relations.saturating_add(own.relations),
            load: inner.load.and(own.load),
            written: inner.written.and(own.written),
            uses: inner.uses.saturating_add(own.uses),
        }
    }

    /// The table whose rows a field returns, and the likely number of rows without `first` and `last`; `None`
    /// for everything that is not a collection.
    ///
    /// A root collection counts as a whole page. A nested collection seldom has as many rows as a page may
    /// have, so it counts as a page of the default size at most.
    fn collection(&self, parent: &str, name: &str) -> Option<(usize, u64)> {
        // All overloads return the same type.
        let called = |overloads: &[usize]| Some((self.table_of_rows(*overloads.first()?)?, u64::MAX));
        match parent {
            QUERY | SUBSCRIPTION => {
                let fields = if parent == QUERY { &self.schema.query } else { &self.schema.subscription };
                match fields.get(name)? {
                    QueryFieldKind::Collection(table) | QueryFieldKind::Groups(table) => {
                        Some((*table, u64::MAX))
                    }
                    QueryFieldKind::Call(overloads) => called(overloads),
                    QueryFieldKind::Node
                    | QueryFieldKind::ByKey(_)
                    | QueryFieldKind::Entities
                    | QueryFieldKind::Service
                    | QueryFieldKind::Application(_) => None,
                }
            }
            MUTATION => match self.schema.mutation.get(name)? {
                MutationFieldKind::Call(overloads) => called(overloads),
                MutationFieldKind::Insert(_)
                | MutationFieldKind::Update(_)
                | MutationFieldKind::Delete(_)
                | MutationFieldKind::Application(_) => None,
            },
            type_name if name == GROUP_NODES => {
                Some((self.schema.table_of_groups(type_name)?, DEFAULT_PAGE_SIZE))
            }
            type_name => match self.schema.table_of_rows(type_name)?.row_field(name)? {
                RowFieldKind::Relation(relation) if relation.cardinality == Cardinality::Many => {
                    Some((relation.join.table, DEFAULT_PAGE_SIZE))
                }
                RowFieldKind::Computed(function) => Some((self.table_of_rows(function)?, DEFAULT_PAGE_SIZE)),
                RowFieldKind::NodeId
                | RowFieldKind::Column(_)
                | RowFieldKind::Relation(_)
                | RowFieldKind::Measure(_) => None,
            },
        }
    }

    /// The relations in the filters and the order of a field.
    fn reach(&self, parent: &str, field: &Field) -> Reach {
        let changed = match self.schema.mutation.get(field.name.as_str()).filter(|_| parent == MUTATION) {
            Some(
                MutationFieldKind::Insert(table)
                | MutationFieldKind::Update(table)
                | MutationFieldKind::Delete(table),
            ) => Some(*table),
            Some(MutationFieldKind::Call(_) | MutationFieldKind::Application(_)) | None => None,
        };
        let read = || self.collection(parent, &field.name).map(|(table, _)| table);
        let Some(table) = changed.or_else(read) else { return Reach::default() };
        let on_conflict = self.facts.argument(field, "onConflict");
        let on_conflict = on_conflict.and_then(|given| given.fields().swap_remove("filter"));
        let filters = self.facts.argument(field, "filter").into_iter().chain(on_conflict);
        let filters = filters.map(|filter| Reach::of_filter(self.schema, table, &filter));
        // Groups are ordered by what is theirs.
        let order = self.facts.argument(field, "orderBy").filter(|_| !self.is_of_groups(parent, field));
        let order = order.map(|order| Reach::of_order(self.schema, table, &order));
        filters.chain(order).fold(Reach::default(), Reach::and)
    }

    fn is_of_groups(&self, parent: &str, field: &Field) -> bool {
        let root = match parent {
            QUERY => self.schema.query.get(field.name.as_str()),
            SUBSCRIPTION => self.schema.subscription.get(field.name.as_str()),
            _ => None,
        };
        matches!(root, Some(QueryFieldKind::Groups(_)))
    }

    /// The likely number of rows of a collection for each parent object.
    fn rows(&self, (table, likely): (usize, u64), field: &'a Field, load: Load) -> usize {
        let page_size = self.facts.operation().page_size(self.schema, table);
        let argument = |name| self.facts.argument(field, name);
        let asked = ["first", "last"].into_iter().filter_map(|name| match argument(name)?.value() {
            Leaf::Number(number) => number.parse::<u64>().ok(),
            Leaf::Null | Leaf::Boolean(_) | Leaf::Text(_) | Leaf::Compound => None,
        });
        let rows = asked.min().unwrap_or(likely).min(page_size);
        let is_small = load.values <= KEY_FILTER && load.bytes <= KEY_FILTER_BYTES;
        let filter = if is_small { argument("filter") } else { None };
        let is_one = filter.is_some_and(|filter| is_of_key(self.schema, table, &filter));
        usize::try_from(if is_one { rows.min(1) } else { rows }).unwrap_or(usize::MAX)
    }

    /// About how many rows `_entities` returns, if that is the field.
    fn entities(&self, parent: &str, field: &'a Field) -> Option<usize> {
        let fields = if parent == SUBSCRIPTION { &self.schema.subscription } else { &self.schema.query };
        let is_of_query = matches!(parent, QUERY | SUBSCRIPTION);
        let kind = fields.get(field.name.as_str()).filter(|_| is_of_query)?;
        let given = self.facts.argument(field, REPRESENTATIONS);
        (*kind == QueryFieldKind::Entities).then(|| given.map_or(1, |given| given.length()))
    }

    /// The table whose rows a function returns.
    fn table_of_rows(&self, function: usize) -> Option<usize> {
        match self.schema.function(function)?.returns {
            Returns::Rows(table) => Some(table),
            Returns::Nothing | Returns::Value(_) | Returns::Row(_) => None,
        }
    }
}

/// Whether a filter compares each column of a key by `eq`, so that at most one row can match.
fn is_of_key(schema: &Schema, table: usize, filter: &Input<'_>) -> bool {
    let Some(exposed) = schema.table(table) else { return false };
    let mut equal = Vec::new();
    for (name, operators) in &filter.fields() {
        let is_equal = operators.fields().get("eq").is_some_and(|value| !value.is_null());
        match exposed.filter_field(name).filter(|_| is_equal) {
            Some(FilterFieldKind::Row(RowConditionKind::NodeId)) => return true,
            Some(FilterFieldKind::Column(column)) => equal.push(column),
            Some(
                FilterFieldKind::Row(
                    RowConditionKind::And
                    | RowConditionKind::Or
                    | RowConditionKind::Not
                    | RowConditionKind::Is,
                )
                | FilterFieldKind::Relation(_),
            )
            | None => {}
        }
    }
    let found = &schema.catalog.tables[table];
    let unique = found.unique_keys.iter().filter_map(|names| found.column_indexes(names));
    let mut keys = unique.chain([exposed.key.clone()]);
    keys.any(|key| !key.is_empty() && key.iter().all(|column| equal.contains(column)))
}
