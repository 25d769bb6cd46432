//! Random filters and orders over relations on random schemas, compared with SQL written by hand, by two
//! roles, one of which sees only some of the rows and columns.

mod bad_input;
mod distinct;
mod documented;
mod filter;
mod live;
mod model;
mod order;
mod places;
mod rights;
mod stand;

use serde_json::json;

use crate::random::Random;
use filter::{Filter, beside_nothing};
use order::Order;
use stand::{Stand, keys};

/// The number of schemas; both roles query each of them.
const SCHEMAS: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn random_filters_find_the_rows_that_counting_by_sql_finds() {
    let (mut asked, mut found, mut restricted) = (0, 0, 0);
    for seed in 0..SCHEMAS {
        let stand = Stand::new(seed).await;
        let mut random = Random(1000 + seed);
        for who in &stand.callers {
            for _ in 0..250 {
                let table = random.below(who.model.tables.len());
                let filter = Filter::random(&mut random, &who.model, table, 4);
                let input = beside_nothing(&mut random, filter.graphql());
                let expected = stand.rows(who, table, &filter).await;
                let answer = stand.filtered(who, table, &input).await;
                assert_eq!(
                    keys(&answer["t"]),
                    expected,
                    "{who:?} {table}: {input}\n{}",
                    filter.sql(&who.model, "t")
                );
                let count = expected.as_array().map_or(0, Vec::len);
                assert_eq!(answer["t"]["totalCount"], json!(count), "{input}");
                assert_eq!(answer["t"]["aggregate"]["count"], json!(count), "{input}");
                if random.once_in(4) {
                    assert_eq!(stand.updated(who, table, &input).await, expected, "{input}");
                }
                asked += 1;
                found += u64::from(count > 0);
                restricted += u64::from(count < stand.all_rows(table));
            }
        }
    }
    assert!(
        asked == SCHEMAS * 500 && found * 3 > asked && restricted * 2 > asked,
        "{asked} {found} {restricted}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn random_orders_page_both_ways_through_all_rows_as_sql_orders_them() {
    let (mut walks, mut pages) = (0, 0);
    for seed in 0..SCHEMAS {
        let stand = Stand::new(50 + seed).await;
        let mut random = Random(2000 + seed);
        for who in &stand.callers {
            for _ in 0..50 {
                let table = random.below(who.model.tables.len());
                let order = Order::random(&mut random, &who.model, table);
                let depth = random.below(3);
                let filter = Filter::random(&mut random, &who.model, table, depth);
                let expected = stand.ordered(who, table, &order, &filter).await;
                let size = 1 + random.below(14);
                for is_forward in [true, false] {
                    let (walked, steps) =
                        stand.walk(who, table, (&order, &filter, &[]), (is_forward, size)).await;
                    assert_eq!(walked, expected, "{who:?} {table} {is_forward} {size}: {}", order.graphql());
                    pages += steps;
                }
                walks += 2;
            }
        }
    }
    assert!(walks == SCHEMAS * 200 && pages > 1_000, "{walks} {pages}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_pages_are_filtered_and_ordered_as_by_sql() {
    let mut asked = 0;
    for seed in 0..SCHEMAS {
        let stand = Stand::new(80 + seed).await;
        let mut random = Random(3000 + seed);
        for who in &stand.callers {
            for _ in 0..50 {
                let table = random.below(who.model.tables.len());
                let many: Vec<_> =
                    who.model.tables[table].relations.iter().filter(|relation| relation.is_many).collect();
                let Some(relation) = (!many.is_empty()).then(|| (*random.choose(&many)).clone()) else {
                    continue;
                };
                let order = Order::random(&mut random, &who.model, relation.table);
                let filter = Filter::random(&mut random, &who.model, relation.table, 2);
                let expected = stand.ordered_below(who, table, &relation, (&order, &filter)).await;
                let answer = stand.below(who, table, &relation, (&order, &filter)).await;
                assert_eq!(answer, expected, "{who:?} {table} {}: {}", relation.field, filter.graphql());
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked}");
}
