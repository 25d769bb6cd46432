//! Operations that mix fields of the program with fields of the database.

use serde_json::json;

use super::{Board, code};
use crate::harness;

const DATE: &str = "2026-03-01";

#[tokio::test(flavor = "multi_thread")]
async fn a_query_has_its_fields_in_selection_order() {
    let board = Board::start().await;
    let query = "query ($on: Date!, $no: Boolean!) {
        projectCollection(first: 1) { edges { node { code } } }
        late: overdueTasks(on: $on)
        overdueTasks(on: $on) @skip(if: true)
        ...Busy
        kind: __typename
        label: labelCollection(first: 0) { edges { cursor } }
        never: workload @include(if: $no) { name }
    }
    fragment Busy on Query { workload(first: 2) { open: openTasks ...Name __typename } workload(first: 2) { name } }
    fragment Name on Workload { who: name }";
    let answer = board.text(query, json!({ "on": DATE, "no": false })).await;
    let late = board
        .sql(&format!("select count(*) from task where due_on < '{DATE}' and completed_at is null"))
        .await;
    let busy = board
        .sql(
            "select '[' || string_agg(format('{\"open\":%s,\"who\":\"%s\",\"__typename\":\"Workload\",\"name\":\"%2$s\"}', \
             count, name), ',' order by count desc, name) || ']' \
             from (select name, count(*) from account join task on assignee_id = account.id \
             where completed_at is null group by account.id order by 2 desc, 1 limit 2) as busy",
        )
        .await;
    let code = board.sql("select code from project order by id limit 1").await;
    assert_ne!(late, "0");
    assert_eq!(
        answer,
        format!(
            "{{\"data\":{{\"projectCollection\":{{\"edges\":[{{\"node\":{{\"code\":\"{code}\"}}}}]}},\
             \"late\":{late},\"workload\":{busy},\"kind\":\"Query\",\"label\":{{\"edges\":[]}}}}}}"
        )
    );
    board.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defaults_nulls_and_variables_reach_the_program() {
    let board = Board::start().await;
    let five = board.answer("{ workload { name } }").await;
    assert_eq!(five["data"]["workload"].as_array().unwrap().len(), 5, "{five}");
    let project = board.sql("select id from project where code = 'WEB'").await;
    let query = "query ($project: UUID) { overdueTasks(on: \"2030-01-01\", projectId: $project) }";
    let counted = |condition: &str| {
        format!(
            "select count(*) from task where completed_at is null and due_on < '2030-01-01' and {condition}"
        )
    };
    for (variables, condition) in [
        (json!({ "project": project }), format!("project_id = '{project}'")),
        (json!({ "project": null }), "true".to_owned()),
        (json!({}), "true".to_owned()),
    ] {
        let expected = format!(r#"{{"data":{{"overdueTasks":{}}}}}"#, board.sql(&counted(&condition)).await);
        assert_eq!(board.text(query, variables).await, expected);
    }
    // A scalar takes any string; the program's type does not.
    let refused = board.answer("{ overdueTasks(on: \"yesterday\") }").await;
    assert_eq!(code(&refused), "BAD_USER_INPUT");
    assert_eq!(refused["data"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_is_one_transaction_and_its_fields_see_each_other() {
    let board = Board::start().await;
    let project = board.sql("select id from project where code = 'WEB'").await;
    let open = "select count(*) from task join project on project.id = project_id and code = 'WEB' \
                where completed_at is null";
    let open = board.sql(open).await;
    let mutation = "mutation ($id: UUID!) {
        updateProjectCollection(set: { code: \"WEBX\" }, filter: { id: { eq: $id } }) { affectedCount }
        closeProject(projectId: $id, note: \"It's \\\"over\\\"\") { code cancelledTasks }
        renamed: updateProjectCollection(set: { code: \"GONE\" }, filter: { isArchived: { eq: true }, code: { eq: \"WEBX\" } }) {
            records { code isArchived }
        }
    }";
    let answer = board.text(mutation, json!({ "id": project })).await;
    assert_eq!(
        answer,
        format!(
            "{{\"data\":{{\"updateProjectCollection\":{{\"affectedCount\":1}},\
             \"closeProject\":{{\"code\":\"WEBX\",\"cancelledTasks\":{open}}},\
             \"renamed\":{{\"records\":[{{\"code\":\"GONE\",\"isArchived\":true}}]}}}}}}"
        )
    );
    let kept = board.sql("select count(*) from comment where body = 'It''s \"over\"'").await;
    assert_eq!(kept, "1");
    board.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_error_undoes_the_whole_mutation() {
    let board = Board::start().await;
    let project = board.sql("select id from project where code = 'WEB'").await;
    let mark = "select md5(string_agg(project::text, '' order by id)) || (select count(*) from comment) \
                || (select count(*) from task where status = 'cancelled') from project";
    let before = board.sql(mark).await;
    let close = format!("closeProject(projectId: \"{project}\", note: \"bye\") {{ code }}");
    let rename = |code: &str| {
        format!(
            "updateProjectCollection(set: {{ code: \"{code}\" }}, filter: {{ id: {{ eq: \"{project}\" }} }}) {{ affectedCount }}"
        )
    };
    let twice = format!("again: {close}");
    for (mutation, path, sqlstate) in [
        // The database's field fails after the program's.
        (format!("mutation {{ {close} {} }}", rename("no")), "updateProjectCollection", json!("23514")),
        // The program's field fails after the database's.
        (format!("mutation {{ {} {close} {twice} }}", rename("XYZ")), "again", json!(null)),
    ] {
        let answer = board.answer(&mutation).await;
        assert_eq!(answer["data"], json!(null), "{answer}");
        assert_eq!(answer["errors"][0]["path"], json!([path]), "{answer}");
        assert_eq!(code(&answer), "BAD_USER_INPUT");
        assert_eq!(answer["errors"][0]["extensions"]["sqlstate"], sqlstate, "{answer}");
        assert_eq!(board.sql(mark).await, before);
    }
    board.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_neither_a_change_nor_a_transaction() {
    let board = Board::start().await;
    let project = board.sql("select id from project where code = 'WEB'").await;
    // The test locks the row, so the program's field waits in the middle of its transaction.
    board
        .plain
        .batch_execute(&format!("begin; select from project where id = '{project}' for update"))
        .await
        .unwrap();
    let close = format!(
        "mutation {{ insertIntoLabelCollection(objects: [{{ name: \"x\" }}]) {{ affectedCount }} closeProject(projectId: \"{project}\") {{ code }} }}"
    );
    let waiting = "select count(*)::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    // Within a transaction, changes of others do not show after its first query.
    let watcher = harness::connect(&harness::cluster().url(&board.database)).await;
    {
        let mut asking = std::pin::pin!(board.text(&close, json!({})));
        while harness::ask(&watcher, waiting).await.as_deref() == Some("0") {
            // Each iteration lets the operation run for a while.
            let turn = tokio::time::timeout(std::time::Duration::from_millis(10), &mut asking).await;
            assert!(turn.is_err(), "it was answered: {turn:?}");
        }
    }
    board.plain.batch_execute("rollback").await.unwrap();
    let answer =
        board.answer(&format!("mutation {{ closeProject(projectId: \"{project}\") {{ code }} }}")).await;
    assert_eq!(answer, json!({ "data": { "closeProject": { "code": "WEB" } } }));
    assert_eq!(board.sql("select count(*) from label where name = 'x'").await, "0");
    board.nothing_is_left().await;
}
