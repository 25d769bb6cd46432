//! Live queries: which answers subscribers get, and when, directly from the registry and the poll, without a
//! transport.

mod batch;
mod cadence;
mod ends;
mod idle;
mod load;
mod others;
mod stand;
mod tables;

use serde_json::json;

use stand::Stand;

#[tokio::test]
async fn the_first_answer_comes_at_once_and_then_each_that_differs() {
    let stand = Stand::new().await;
    let mut ann = stand.subscribe("ann", TITLES).await;
    assert_eq!(ann.titles().await, ["of ann 1"]);
    stand.execute("insert into note values (10, 'ann', 'new')").await;
    assert_eq!(ann.titles().await, ["new", "of ann 1"]);
    // A change that does not affect the answer sends nothing: the next answer is the one after it.
    stand.execute("insert into note values (11, 'bob', 'hidden')").await;
    stand.settle().await;
    stand.execute("delete from note where id = 10").await;
    assert_eq!(ann.titles().await, ["of ann 1"]);
}

#[tokio::test]
async fn each_subscriber_sees_what_policies_let_its_user_see() {
    let stand = Stand::new().await;
    let mut ann = stand.subscribe("ann", TITLES).await;
    let mut bob = stand.subscribe("bob", TITLES).await;
    assert_eq!(ann.titles().await, ["of ann 1"]);
    assert_eq!(bob.titles().await, ["of bob 2"]);
    stand.execute("update note set owner = 'bob' where id = 1").await;
    assert_eq!(ann.titles().await, Vec::<String>::new());
    assert_eq!(bob.titles().await, ["of ann 1", "of bob 2"]);
}

#[tokio::test]
async fn subscriptions_that_must_have_the_same_answer_are_one_group() {
    let stand = Stand::new().await;
    let by_id = "subscription($id: Int!) { noteByPk(id: $id) { title } }";
    let mut one = stand.subscribe("ann", TITLES).await;
    let mut same = stand.subscribe("ann", TITLES).await;
    assert_eq!(stand.live.count(), (2, 1));
    assert_eq!((one.titles().await, same.titles().await), (vec!["of ann 1".into()], vec!["of ann 1".into()]));
    // A later subscriber gets the current answer.
    let mut late = stand.subscribe("ann", TITLES).await;
    assert_eq!(late.titles().await, ["of ann 1"]);
    let _others = [
        stand.subscribe("bob", TITLES).await,
        stand.subscribe_with("ann", by_id, json!({"id": 1})).await,
        stand.subscribe_with("ann", by_id, json!({"id": 2})).await,
        stand.subscribe("ann", "subscription { a: noteByPk(id: 1) { title } }").await,
        stand.subscribe("ann", "subscription { b: noteByPk(id: 1) { title } }").await,
    ];
    assert_eq!(stand.live.count(), (8, 6));
    drop((one, same));
    assert_eq!(stand.live.count(), (6, 6));
    drop(late);
    assert_eq!(stand.live.count(), (5, 5));
}

#[tokio::test]
async fn a_slow_client_gets_the_newest_answer() {
    let stand = Stand::new().await;
    let mut slow = stand.subscribe("ann", TITLES).await;
    let mut quick = stand.subscribe("ann", TITLES).await;
    quick.titles().await;
    for number in 20..25 {
        stand.execute(&format!("insert into note values ({number}, 'ann', 'n{number}')")).await;
        assert!(quick.titles().await.contains(&format!("n{number}")));
    }
    assert_eq!(slow.titles().await, quick.last_titles());
}

#[tokio::test]
async fn a_slow_client_is_not_given_twice_what_was_changed_and_changed_back() {
    let stand = Stand::new().await;
    let mut slow = stand.subscribe("ann", TITLES).await;
    let mut quick = stand.subscribe("ann", TITLES).await;
    assert_eq!(
        (slow.titles().await, quick.titles().await),
        (vec!["of ann 1".into()], vec!["of ann 1".into()])
    );
    stand.execute("insert into note values (10, 'ann', 'for a moment')").await;
    assert_eq!(quick.titles().await, ["for a moment", "of ann 1"]);
    stand.execute("delete from note where id = 10").await;
    assert_eq!(quick.titles().await, ["of ann 1"]);
    stand.execute("insert into note values (11, 'ann', 'another')").await;
    assert_eq!(quick.titles().await, ["another", "of ann 1"]);
    assert_eq!(slow.titles().await, ["another", "of ann 1"]);
    // This time it already waits when the same answer comes again.
    stand.execute("delete from note where id = 11").await;
    assert_eq!(quick.titles().await, ["of ann 1"]);
    stand.execute("insert into note values (11, 'ann', 'another')").await;
    assert_eq!(quick.titles().await, ["another", "of ann 1"]);
    let next = tokio::spawn(async move { slow.titles().await });
    stand.settle().await;
    stand.execute("delete from note where id = 11").await;
    assert_eq!(next.await.expect("an answer comes"), ["of ann 1"]);
}

#[tokio::test]
async fn the_first_row_of_a_group_is_answered_again_when_another_takes_its_place() {
    let stand = Stand::new().await;
    let first = "subscription { noteCollection(distinctOn: [owner], orderBy: [{title: AscNullsLast}]) {
        edges { node { title } } } }";
    let mut ann = stand.subscribe("ann", first).await;
    assert_eq!(ann.titles().await, ["of ann 1"]);
    stand.execute("insert into note values (10, 'ann', 'earlier'), (11, 'bob', 'at first')").await;
    assert_eq!(ann.titles().await, ["earlier"]);
    stand.execute("insert into note values (12, 'ann', 'later')").await;
    stand.settle().await;
    stand.execute("delete from note where id = 10").await;
    assert_eq!(ann.titles().await, ["later"]);
}

#[tokio::test]
async fn groups_are_answered_again_when_their_aggregates_change() {
    let stand = Stand::new().await;
    let groups = "subscription { noteGroups(by: {column: owner}) { edges { node { key { owner } count max { title } } } } }";
    let mut ann = stand.subscribe("ann", groups).await;
    let of_ann = |count: i32, title: &str| {
        let node = json!({"key": {"owner": "ann"}, "count": count, "max": {"title": title}});
        json!({"noteGroups": {"edges": [{ "node": node }]}})
    };
    assert_eq!(ann.answer().await["data"], of_ann(1, "of ann 1"));
    stand.execute("insert into note values (10, 'ann', 'the newest'), (11, 'bob', 'another')").await;
    assert_eq!(ann.answer().await["data"], of_ann(2, "the newest"));
}

/// The titles of all notes, in order.
const TITLES: &str =
    "subscription { noteCollection(orderBy: [{title: AscNullsLast}]) { edges { node { title } } } }";
