//! How subscriptions end if their clients do not end them, and which are refused.

use std::time::{Duration, SystemTime};

use glowplug::engine::Identity;
use glowplug::live::{Connection, EndReason, Update, Wishes};
use serde_json::{Value, json};

use super::TITLES;
use super::stand::{Stand, Subscriber, identity};
use crate::harness;

/// The reason and the code of the next end. Nothing follows the end.
async fn end(subscriber: &mut Subscriber) -> (EndReason, String) {
    let Update::Ended(end) = subscriber.update().await else { panic!("it goes on") };
    assert!(subscriber.subscription.next().await.is_none());
    (end.reason, code(&end.response.body))
}

fn code(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code: {body}")).to_owned()
}

#[tokio::test]
async fn a_subscription_ends_with_its_token() {
    let stand = Stand::new().await;
    let request = harness::request(TITLES, &json!({}));
    let expires_at = Some(SystemTime::now() + Duration::from_millis(700));
    let brief = Identity { expires_at, ..identity("ann") };
    let mut brief = Subscriber::new(stand.live.subscribe(request, brief, Wishes::default()).await.unwrap());
    let mut other = stand.subscribe("ann", TITLES).await;
    assert_eq!(
        (brief.titles().await, other.titles().await),
        (vec!["of ann 1".into()], vec!["of ann 1".into()])
    );
    assert_eq!(end(&mut brief).await, (EndReason::TokenExpired, "UNAUTHENTICATED".to_owned()));
    // Subscriptions with the same answer and another token continue.
    stand.execute("insert into note values (10, 'ann', 'new')").await;
    assert_eq!(other.titles().await, ["new", "of ann 1"]);
}

#[tokio::test]
async fn all_subscriptions_end_when_the_server_stops() {
    let stand = Stand::new().await;
    let mut ann = stand.subscribe("ann", TITLES).await;
    ann.titles().await;
    stand.stop.cancel();
    assert_eq!(end(&mut ann).await, (EndReason::ShuttingDown, "UNAVAILABLE".to_owned()));
    assert_eq!(stand.live.count().1, 0);
}

#[tokio::test]
async fn a_subscription_goes_on_where_its_operation_fits_the_changed_schema_and_else_ends() {
    let stand = Stand::new().await;
    let mut fits = stand.subscribe("ann", "subscription { noteByPk(id: 1) { title } }").await;
    let mut misfit = stand.subscribe("ann", "subscription { noteByPk(id: 1) { owner } }").await;
    assert_eq!(fits.answer().await, json!({"data": {"noteByPk": {"title": "of ann 1"}}}));
    assert_eq!(misfit.answer().await, json!({"data": {"noteByPk": {"owner": "ann"}}}));
    stand
        .execute(
            "alter table note add keeper text; update note set keeper = owner; drop policy own on note;
             create policy kept on note using (keeper = (current_setting('request.jwt.claims', true)::json ->> 'sub'));
             alter table note drop owner; update note set title = 'changed' where id = 1",
        )
        .await;
    assert_eq!(end(&mut misfit).await, (EndReason::SchemaChanged, "BAD_USER_INPUT".to_owned()));
    assert_eq!(fits.answer().await, json!({"data": {"noteByPk": {"title": "changed"}}}));
}

#[tokio::test]
async fn a_subscription_ends_when_its_role_is_revoked() {
    let stand = Stand::new().await;
    let role = format!("live_revoked_{}", std::process::id());
    stand.execute(&format!("create role {role}; grant select on note to {role}")).await;
    let request = harness::request(TITLES, &json!({}));
    let revoked = Identity { role: Some(role.as_str().into()), ..identity("ann") };
    let mut revoked =
        Subscriber::new(stand.live.subscribe(request, revoked, Wishes::default()).await.unwrap());
    revoked.titles().await;
    stand
        .execute(&format!("revoke all on note from {role}; drop role {role}; update note set title = 'x'"))
        .await;
    assert_eq!(end(&mut revoked).await, (EndReason::RoleRevoked, "FORBIDDEN".to_owned()));
}

#[tokio::test]
async fn there_are_no_more_subscriptions_than_there_may_be() {
    let stand = Stand::with(glowplug::config::PoolMode::Transaction, |config| {
        config.live.subscriptions = 3;
        let of_role = glowplug::config::Limits { subscriptions: 2, ..config.limits.clone() };
        config.role_limits.insert("live_user".to_owned(), of_role);
    })
    .await;
    let subscribe = |identity: Identity| {
        stand.live.subscribe(
            harness::request("subscription { noteByPk(id: 1) { id } }", &json!({})),
            identity,
            Wishes::default(),
        )
    };
    let mut held = vec![subscribe(identity("ann")).await.unwrap(), subscribe(identity("bob")).await.unwrap()];
    let refused = |response: glowplug::engine::Response| String::from_utf8(response.body.to_vec()).unwrap();
    let of_role = refused(subscribe(identity("eve")).await.err().unwrap());
    assert!(of_role.contains("this role has 2 subscriptions (setting max-subscriptions)"), "{of_role}");
    held.push(subscribe(Identity::default()).await.unwrap());
    let of_server = refused(subscribe(Identity::default()).await.err().unwrap());
    assert!(of_server.contains("the server has 3 subscriptions (setting max-subscriptions)"), "{of_server}");
    held.remove(0);
    held.push(subscribe(identity("eve")).await.unwrap());
    drop(held);
    assert_eq!(stand.live.count(), (0, 0));
}

#[tokio::test]
async fn a_connection_has_no_more_subscriptions_than_it_may_have() {
    let stand = Stand::new().await;
    let connection = Connection::default();
    let subscribe = || {
        let wishes = Wishes { connection: Some(connection.clone()), ..Wishes::default() };
        stand.live.subscribe(
            harness::request("subscription { noteByPk(id: 1) { id } }", &json!({})),
            identity("ann"),
            wishes,
        )
    };
    let mut held = Vec::new();
    let refused = loop {
        match subscribe().await {
            Ok(subscription) => held.push(subscription),
            Err(refused) => break String::from_utf8(refused.body.to_vec()).unwrap(),
        }
    };
    assert!(refused.contains(&format!("this connection has {} subscriptions", held.len())), "{refused}");
    held.pop();
    held.push(subscribe().await.unwrap());
}

#[tokio::test]
async fn invalid_documents_and_mutations_end_a_subscription_for_good() {
    let stand = Stand::new().await;
    for document in [
        "subscription { missing }",
        "{ noteByPk(id: 1) { id } }",
        "mutation { deleteFromnoteCollection { affectedCount } }",
        "{",
    ] {
        let request = harness::request(document, &json!({}));
        let refused = stand.live.subscribe(request, identity("ann"), Wishes::default()).await.err().unwrap();
        assert_eq!(code(&refused.body), "BAD_USER_INPUT", "{document}");
    }
    assert_eq!(stand.live.count(), (0, 0));
}
