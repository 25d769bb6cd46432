//! Cases that only a defect of Glowplug can cause: if the code that renders the schema and the code that
//! reads it disagree, a request fails with `INTERNAL`, and is never answered with null.

use std::sync::Arc;

use glowplug::catalog::Catalog;
use glowplug::error::{Code, Error};
use glowplug::plan::{PlanError, PlanFault, plan};
use glowplug::request::{Document, Facts, JsonMap, Operation};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{Options, Schema};

use crate::verdict;

/// Plans a document with another schema than the one that accepts it.
fn planned_by(other: &Schema, accepts: &Schema, document: &str) -> Result<(), PlanError> {
    let rendered = Rendered::new(accepts).expect("a valid schema");
    let limits = verdict::limits();
    let document = Document::parse(&rendered, document, &limits).expect("a valid document");
    let (document, none) = (Arc::new(document), JsonMap::default());
    let operation =
        Operation::new(document, None, &none, (accepts, &rendered), &limits).expect("an operation");
    plan(other, &Facts::of(&operation)).map(|_| ())
}

#[test]
fn a_field_that_validation_lets_pass_and_the_schema_lacks_is_an_internal_error() {
    let whole = verdict::golden("filter");
    let (index, exposed) = whole
        .tables
        .iter()
        .enumerate()
        .find_map(|(index, exposed)| Some((index, exposed.as_ref()?)))
        .expect("a table");
    let (place, column) = exposed
        .readable_columns()
        .find(|(place, _)| !exposed.key.contains(place))
        .expect("a column beside the key");
    let (root, field) = (&exposed.root, &column.field);
    let document = format!("{{ asked: {root}Collection {{ edges {{ node {{ {field} }} }} }} }}");
    assert_eq!(planned_by(&whole, &whole, &document), Ok(()));

    let mut without_column = Catalog::clone(&whole.catalog);
    without_column.tables[index].columns[place].can_select = false;
    let without_table = whole.catalog.only(|_| false);
    for part in [without_column, without_table] {
        let part = Schema::new(Arc::new(part), Options::default());
        let error = planned_by(&part, &whole, &document).expect_err("the field is not there");
        assert_eq!((error.fault, error.path[0].as_str()), (PlanFault::Defect, "asked"), "{error:?}");
        let told = Error::from(error).for_client().remove(0);
        assert_eq!(told.code, Code::Internal);
        assert!(!told.message.contains(&**field), "{}", told.message);
    }
}
