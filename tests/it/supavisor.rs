//! Glowplug behind Supavisor, which is no package of the usual distributions.
//!
//! The tests run where the environment variables `SUPAVISOR_DSN` and `SUPAVISOR_SESSION_DSN` lead to its ports of transaction and
//! session mode, as a superuser, without TLS, and with at least ten server connections. Elsewhere they say that they did not run.

use glowplug::config::{ContextForm, PoolMode, StoredOperations};

use crate::place::Place;
use crate::ways::Route;
use crate::{conformance, golden, isolation, poolers};

fn transactions() -> Option<Place> {
    Place::of_environment("SUPAVISOR_DSN", PoolMode::Transaction)
}

fn sessions() -> Option<Place> {
    Place::of_environment("SUPAVISOR_SESSION_DSN", PoolMode::Session)
}

#[tokio::test]
async fn through_supavisor_in_transaction_mode() {
    if let Some(place) = transactions() {
        poolers::holds_elsewhere(place).await;
    }
}

#[tokio::test]
async fn through_supavisor_in_session_mode() {
    if let Some(place) = sessions() {
        poolers::holds_elsewhere(place).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_get_the_golden_answers_behind_supavisor() {
    for place in [transactions(), sessions()].into_iter().flatten() {
        golden::each_request_gets_its_answer(&place).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_give_the_recorded_answers_behind_supavisor() {
    for place in [transactions(), sessions()].into_iter().flatten() {
        for route in [Route::Direct, Route::Stored, Route::Queued] {
            // With functions, an operation is a message.
            if route != Route::Stored || place.pool_mode() == PoolMode::Transaction {
                conformance::each_case_holds(&place, route).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_kept_apart_behind_supavisor() {
    let Some(place) = transactions() else { return };
    let often = StoredOperations { uses: 3, ..StoredOperations::default() };
    let forms = ContextForm::ALL.map(|form| (form, None));
    let stored = [ContextForm::Mixed, ContextForm::Function].map(|form| (form, Some(often)));
    for (form, stored) in forms.into_iter().chain(stored) {
        let url = place.database(isolation::SETUP).await;
        isolation::hold_apart_at(&url, &url, place.pool_mode(), form, stored).await;
        place.drop_database(&url).await;
    }
}
