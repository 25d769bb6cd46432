//! A random schema with its rows: keys of one and of two columns, relations between any two tables, nulls and ties everywhere.

use std::fmt::Write as _;

use crate::random::Random;

/// The number of rows of a table.
const ROWS: usize = 36;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Text,
    Numeric,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// A relation from a table to another, with the name of its field.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) field: String,
    pub(super) table: usize,
    /// Pairs of equal columns: of this table, and of the other.
    pub(super) pairs: Vec<(String, String)>,
    pub(super) is_many: bool,
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) key: Vec<String>,
    pub(super) columns: Vec<Column>,
    pub(super) relations: Vec<Relation>,
    /// The referencing columns.
    references: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// The schema as a role sees it.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) tables: Vec<Table>,
    setup: String,
}

impl Model {
    /// `role` is the name of the restricted role; the other role is `all_` followed by that name.
    pub(super) fn new(random: &mut Random, role: &str) -> Self {
        let mut tables: Vec<_> = (0..4).map(|number| table(random, number)).collect();
        let mut constraints = String::new();
        for from in 0..tables.len() {
            for number in 0..=random.below(3) {
                let to = random.below(tables.len());
                refer(random, &mut tables, (from, to, number), &mut constraints);
            }
        }
        let mut setup = String::new();
        for table in &tables {
            write!(setup, "{}", table.sql()).expect("a string");
        }
        setup.push_str(&constraints);
        write!(setup, "create role all_{role}; create role {role};").expect("a string");
        for table in &tables {
            write!(setup, "grant select, update (mark) on {} to all_{role};", table.name).expect("a string");
        }
        let mut model = Self { tables, setup };
        model.restrict(random, role);
        model
    }

    /// The statements that create it.
    pub(super) fn setup(&self) -> &str {
        &self.setup
    }

    /// The model as the restricted role sees it.
    pub(super) fn seen_by_role(&self, hidden: &[(usize, String)]) -> Self {
        let is_hidden = |table: usize, column: &str| hidden.contains(&(table, column.to_owned()));
        let seen = self.tables.iter().enumerate().map(|(index, table)| Table {
            name: table.name.clone(),
            key: table.key.clone(),
            columns: table
                .columns
                .iter()
                .filter(|column| !is_hidden(index, &column.name))
                .map(|column| Column { name: column.name.clone(), kind: column.kind })
                .collect(),
            relations: table
                .relations
                .iter()
                .filter(|relation| {
                    let mut pairs = relation.pairs.iter();
                    pairs.all(|(ours, theirs)| !is_hidden(index, ours) && !is_hidden(relation.table, theirs))
                })
                .cloned()
                .collect(),
            references: Vec::new(),
            rows: Vec::new(),
        });
        Self { tables: seen.collect(), setup: String::new() }
    }

    /// Policies and privileges of the restricted role. [`Model::hidden`] says which columns it may not see.
    fn restrict(&mut self, random: &mut Random, role: &str) {
        for index in 0..self.tables.len() {
            let table = &self.tables[index];
            if index % 2 == 0 {
                let name = &table.name;
                write!(
                    self.setup,
                    "alter table {name} enable row level security;
                    create policy all_rows on {name} to all_{role} using (true);
                    create policy some_rows on {name} to {role} using (a is null or a <> 1);"
                )
                .expect("a string");
            }
            let columns = table.columns.iter().map(|column| &column.name).chain(&table.references);
            let seen: Vec<_> = columns.filter(|_| !random.once_in(5)).cloned().collect();
            let seen: Vec<_> = table.key.iter().cloned().chain(seen).chain(["mark".to_owned()]).collect();
            write!(
                self.setup,
                "grant select ({}), update (mark) on {} to {role};",
                seen.join(", "),
                table.name
            )
            .expect("a string");
        }
    }

    /// The columns that the grants of [`Model::setup`] leave out, by table.
    pub(super) fn hidden(&self, role: &str) -> Vec<(usize, String)> {
        let mut hidden = Vec::new();
        for (index, table) in self.tables.iter().enumerate() {
            let grant = format!(" on {} to {role};", table.name);
            let end = self.setup.find(&grant).expect("the grant");
            let start = self.setup[..end].rfind("grant select (").expect("its beginning");
            let granted = &self.setup[start..end];
            let all = table.columns.iter().map(|column| &column.name).chain(&table.references);
            let is_granted = |column: &str| granted.split(['(', ')', ',', ' ']).any(|word| word == column);
            hidden.extend(all.filter(|column| !is_granted(column)).map(|column| (index, column.clone())));
        }
        hidden
    }
}

fn table(random: &mut Random, number: usize) -> Table {
    let key = if random.once_in(2) { vec!["k".to_owned()] } else { vec!["k".to_owned(), "l".to_owned()] };
    let columns = [("a", Kind::Int), ("b", Kind::Text), ("c", Kind::Numeric), ("d", Kind::Int)];
    let columns =
        columns.map(|(name, kind)| Column { name: name.to_owned(), kind }).into_iter().collect::<Vec<_>>();
    let rows = (0..ROWS).map(|row| {
        let key = if key.len() == 1 { vec![row.to_string()] } else { key_of_two(row) };
        let values = columns.iter().map(|column| value(random, column.kind));
        key.into_iter().chain(values).collect()
    });
    let rows = rows.collect();
    Table { name: format!("t{number}"), key, columns, relations: Vec::new(), references: Vec::new(), rows }
}

fn key_of_two(row: usize) -> Vec<String> {
    vec![(row % 5).to_string(), format!("'key {}'", row / 5)]
}

/// A value as an SQL literal; there are few different ones, so that there are ties.
pub(super) fn value(random: &mut Random, kind: Kind) -> String {
    if random.once_in(4) {
        return "null".to_owned();
    }
    match kind {
        Kind::Int => random.below(4).to_string(),
        Kind::Text => (*random.choose(&["'x'", "'y'", "'it''s'", "''"])).to_owned(),
        Kind::Numeric => (*random.choose(&["0.5", "1.50", "-2", "12345678901234567890.25"])).to_owned(),
    }
}

/// Adds columns to a table that reference another table, or itself.
fn refer(
    random: &mut Random,
    tables: &mut [Table],
    (from, to, number): (usize, usize, usize),
    constraints: &mut String,
) {
    let is_unique = random.once_in(3);
    let columns: Vec<_> = tables[to].key.iter().map(|key| format!("r{number}_{key}")).collect();
    let mut targets: Vec<_> =
        tables[to].rows.iter().map(|row| row[..tables[to].key.len()].to_vec()).collect();
    let nulls = vec!["null".to_owned(); columns.len()];
    for row in &mut tables[from].rows {
        let chosen = random.below(targets.len());
        let mut target = match random.below(8) {
            0 | 1 => nulls.clone(),
            _ if is_unique => targets.swap_remove(chosen),
            _ => targets[chosen].clone(),
        };
        if random.once_in(8) {
            // A reference with a null references nothing.
            "null".clone_into(&mut target[0]);
        }
        row.extend(target);
    }
    let (name, referred) = (tables[from].name.clone(), tables[to].name.clone());
    let (out, back) = (format!("out{number}"), format!("back{from}x{number}"));
    let list = columns.join(", ");
    let unique = if is_unique { format!("alter table {name} add unique ({list});") } else { String::new() };
    write!(
        constraints,
        "{unique} alter table {name} add constraint {name}_{out} foreign key ({list}) references {referred};
        comment on constraint {name}_{out} on {name} is '@graphql({{\"foreign_name\": \"{out}\", \"local_name\": \"{back}\"}})';"
    )
    .expect("a string");
    let pairs: Vec<_> = columns.iter().cloned().zip(tables[to].key.iter().cloned()).collect();
    let reversed = pairs.iter().map(|(ours, theirs)| (theirs.clone(), ours.clone())).collect();
    tables[from].relations.push(Relation { field: out, table: to, pairs, is_many: false });
    tables[to].relations.push(Relation { field: back, table: from, pairs: reversed, is_many: !is_unique });
    tables[from].references.extend(columns);
}

impl Table {
    fn sql(&self) -> String {
        let key = self.key.iter().zip(["int", "text"]).map(|(name, of)| format!("{name} {of}"));
        let columns = self.columns.iter().map(|column| {
            let of = match column.kind {
                Kind::Int => "int",
                Kind::Text => "text",
                Kind::Numeric => "numeric",
            };
            format!("{} {of}", column.name)
        });
        let of = |column: &String| if column.ends_with('l') { "text" } else { "int" };
        let references = self.references.iter().map(|column| format!("{column} {}", of(column)));
        let columns: Vec<_> = key.chain(columns).chain(references).collect();
        let rows: Vec<_> = self.rows.iter().map(|row| format!("({}, 0)", row.join(", "))).collect();
        format!(
            "create table {0} ({1}, mark int, primary key ({2})); insert into {0} values {3};",
            self.name,
            columns.join(", "),
            self.key.join(", "),
            rows.join(", ")
        )
    }
}
