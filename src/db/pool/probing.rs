//! Pool mode `auto`: probes in the background, at the first connection and after a lost statement name.
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
        match connector.probe(LIMIT).await {
            Ok(findings) => settle(&choice, &findings, falls),
            Err(_) => choice.fail(),
        }
    });
}

fn settle(choice: &ProtocolChoice, findings: &ProbeReport, falls: u32) {
    let protocols = findings.protocols();
    if let Some(reason) = findings.refusal() {
        choice.refuse(reason);
    }
    if !choice.settle(protocols, findings.is_complete(), falls) {
        return;
    }
    let evidence = format!("{}: {}", findings.lending.name(), findings.evidence);
    let Protocols { typed, operations, context, .. } = protocols;
    let chosen = format!(
        "{} for typed queries, {} for operations, context by {}",
        typed.name(),
        operations.name(),
        context.name()
    );
    Event::ProtocolChosen { chosen: &chosen, evidence: &evidence }.emit();
}
