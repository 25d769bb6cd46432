//! Where the tables of the picture are: those that others refer to at the left, and each further to the right than the tables
//! that it refers to. In circles of references, one table has to be in front.

use std::collections::HashMap;

use super::model::{Diagram, Table};

/// Sizes in pixels, for a font of 12 pixels whose letters are all as wide.
const LETTER: f64 = 7.3;
pub(super) const ROW: f64 = 20.0;
const GAP: (f64, f64) = (90.0, 28.0);
const PADDING: f64 = 10.0;

/// A table in the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The place of each table, in their order, and the size of the picture.
pub(super) fn places(diagram: &Diagram) -> (Vec<Place>, (f64, f64)) {
    let layers = layers(diagram);
    let mut places = vec![Place { x: 0.0, y: 0.0, width: 0.0, height: 0.0 }; diagram.tables.len()];
    let (mut x, mut height) = (PADDING, 0.0_f64);
    for layer in 0..=layers.iter().copied().max().unwrap_or(0) {
        let (mut y, mut widest) = (PADDING, 0.0_f64);
        for (index, table) in diagram.tables.iter().enumerate().filter(|(index, _)| layers[*index] == layer) {
            let (width, tall) = size(diagram, table);
            places[index] = Place { x, y, width, height: tall };
            y += tall + GAP.1;
            widest = widest.max(width);
        }
        height = height.max(y);
        x += widest + GAP.0;
    }
    (places, (x, height))
}

/// How far to the right each table is.
fn layers(diagram: &Diagram) -> Vec<usize> {
    let tables = &diagram.tables;
    let indices: HashMap<_, _> =
        tables.iter().enumerate().map(|(index, table)| ((&*table.schema, &*table.name), index)).collect();
    let targets = |index: usize| {
        let references = tables[index].references.iter();
        references.filter_map(|one| indices.get(&(&*one.schema, &*one.table)).copied())
    };
    let mut layers = vec![0; tables.len()];
    // A table is moved behind those that it refers to, until nothing moves, or only circles do.
    for _ in 0..tables.len() {
        let mut is_settled = true;
        for index in 0..tables.len() {
            let wanted =
                targets(index).filter(|target| *target != index).map(|target| layers[target] + 1).max();
            if let Some(wanted) = wanted.filter(|wanted| *wanted > layers[index] && *wanted < tables.len()) {
                layers[index] = wanted;
                is_settled = false;
            }
        }
        if is_settled {
            break;
        }
    }
    close_up(&layers)
}

/// The same without empty layers, which circles leave behind.
fn close_up(layers: &[usize]) -> Vec<usize> {
    let mut used = layers.to_vec();
    used.sort_unstable();
    used.dedup();
    layers.iter().map(|layer| used.iter().position(|one| one == layer).unwrap_or(0)).collect()
}

fn size(diagram: &Diagram, table: &Table) -> (f64, f64) {
    let title = diagram.name_of(&table.schema, &table.name).chars().count() + 2;
    let column = |name: &str, type_name: &str| name.chars().count() + type_name.chars().count() + 6;
    let columns = table.columns.iter().map(|one| column(&one.name, &one.type_name));
    let letters = columns.chain([title]).max().unwrap_or(0);
    let letters = u16::try_from(letters).unwrap_or(u16::MAX);
    let rows = u16::try_from(table.columns.len() + 1).unwrap_or(u16::MAX);
    (f64::from(letters) * LETTER + 2.0 * PADDING, f64::from(rows) * ROW + 6.0)
}
