//! One operation, ready to be driven by each contender in turn.

use std::path::PathBuf;

use crate::contender::Contender;
use crate::load::{self, Figures, Load};
use crate::operation::Operation;
use crate::report::Comparison;
use crate::stand::Site;

/// One operation, ready to be driven.
pub(crate) struct Bench<'a> {
    site: &'a Site<'a>,
    operation: &'a Operation,
    contenders: Vec<Contender>,
    folder: PathBuf,
}

impl<'a> Bench<'a> {
    /// Writes the scripts into `folder`. `message` is what Glowplug sends for the operation's last number.
    pub(crate) fn new(
        site: &'a Site<'a>,
        operation: &'a Operation,
        message: Option<&str>,
        folder: PathBuf,
    ) -> Self {
        let write = |name: &str, script: String| {
            std::fs::write(folder.join(name), script).expect("the script can be written");
        };
        write("operation.lua", operation.wrk_script());
        write("by_hand.sql", operation.by_hand_script());
        if let Some(message) = message {
            write("message.sql", operation.message_script(message));
        }
        let message = message.map(|_| Contender::Message);
        let other = site.other.as_ref().map(|_| Contender::OtherBuild);
        let endpoint = operation.has_endpoint().then_some(Contender::Endpoint);
        let stored = site.stored.as_ref().map(|_| Contender::Stored);
        let always = [Contender::ByHand, Contender::Glowplug];
        let contenders =
            message.into_iter().chain(endpoint).chain(always).chain(stored).chain(other).collect();
        Self { site, operation, contenders, folder }
    }

    /// Rounds in which each contender runs once.
    pub(crate) fn repeat(&self, load: Load, rounds: usize) -> Comparison {
        let mut runs: Vec<_> = self.contenders.iter().map(|contender| (*contender, Vec::new())).collect();
        for _ in 0..rounds {
            for ((_, figures), of_round) in runs.iter_mut().zip(self.round(load)) {
                figures.push(of_round);
            }
        }
        let comparison = Comparison { operation: self.operation.name, connections: load.connections, runs };
        for other in self.contenders.iter().filter(|contender| !contender.is_measured()) {
            let [ratio, stored] = comparison.ratios(*other);
            let (name, connections) = (self.operation.name, load.connections);
            let other = other.name();
            eprintln!(
                "{name}, {connections} connections: {ratio} of {other}, {stored} with stored operations"
            );
        }
        comparison
    }

    /// A run of each contender.
    pub(crate) fn round(&self, load: Load) -> Vec<Figures> {
        self.contenders.iter().map(|contender| self.run(*contender, load)).collect()
    }

    fn run(&self, contender: Contender, load: Load) -> Figures {
        let programs = self.site.programs(contender);
        match contender {
            Contender::Message | Contender::ByHand => {
                let script = if contender == Contender::ByHand { "by_hand.sql" } else { "message.sql" };
                let beside_server = self.site.stand.cluster.binaries().program("pgbench");
                let pgbench = if beside_server.is_file() { beside_server } else { PathBuf::from("pgbench") };
                let script = self.folder.join(script);
                load::pgbench(&pgbench, &script, &self.folder, &self.site.url(), load, programs)
            }
            Contender::Glowplug | Contender::Stored | Contender::OtherBuild | Contender::Endpoint => {
                let server = self.site.server(contender).expect("it is a contender only if it is there");
                let page = server.page(&self.site.path(contender, self.operation));
                load::wrk(&self.folder.join("operation.lua"), &page, load, programs)
            }
        }
    }
}
