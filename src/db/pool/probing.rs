//! Probes in the background: at the first connection, and in pool mode `auto` after a lost statement name.
//!
//! No query waits for a probe.

use std::sync::Arc;
use std::time::Duration;

use crate::db::connection::choice::ProtocolChoice;
use crate::db::connection::protocol::Protocols;
use crate::db::connector::Connector;
use crate::db::probe::ProbeReport;
use crate::event::Event;

/// The time limit of a probe, after its connections are made.
const LIMIT: Duration = Duration::from_secs(1);

/// Begins a probe in the background if one is due.
pub(super) fn probe_if_due(choice: &Arc<ProtocolChoice>, connector: &Connector) {
    let Some(falls) = choice.begin_probe() else { return };
    let (choice, connector) = (Arc::clone(choice), connector.clone());
    tokio::spawn(async move {
        let found = if choice.is_auto() {
            connector.probe(LIMIT).await
        } else {
            connector.probe_messages(LIMIT).await
        };
        match found {
            Ok(findings) => settle(&choice, &findings, falls),
            Err(_) => choice.fail(),
        }
    });
}

fn settle(choice: &ProtocolChoice, findings: &ProbeReport, falls: u32) {
    let protocols = choice.left_open(findings.protocols());
    if let Some(reason) = findings.refusal(choice.is_sharded()) {
        choice.refuse(reason);
    }
    let is_complete = if choice.is_auto() { findings.is_complete() } else { findings.has_seen_messages() };
    if !choice.settle(protocols, is_complete, falls) {
        return;
    }
    let evidence = if choice.is_auto() {
        format!("{}: {}", findings.lending.name(), findings.evidence)
    } else {
        "pool-mode is set, and messages of several statements were tried".to_owned()
    };
    let Protocols { typed, operations, context, .. } = protocols;
    let chosen = format!(
        "{} for typed queries, {} for operations, context by {}",
        typed.name(),
        operations.name(),
        context.name()
    );
    Event::ProtocolChosen { chosen: &chosen, evidence: &evidence }.emit();
}
