//! A build without the feature `otel` makes no traces, and refuses the setting that asks for them.

use super::Event;

/// The exporter of spans, which such a build cannot have.
#[derive(Debug)]
pub enum Traces {}

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error(
    "traces cannot be sent to {0}: that needs a build with Cargo's feature `otel`, which this program was built without; \
     remove the setting otlp-endpoint, or build with the feature"
)]
pub struct TracesError(String);

impl Traces {
    /// Always fails.
    pub fn start(endpoint: &str) -> Result<Self, TracesError> {
        Err(TracesError(endpoint.to_owned()))
    }

    /// Never called.
    pub fn stop(self) {
        match self {}
    }
}

/// The trace of a request, by its headers (W3C Trace Context).
#[derive(Debug, Clone, Copy, Default)]
pub struct Parent<'a> {
    /// The header `traceparent`.
    pub traceparent: Option<&'a str>,
    /// The header `tracestate`.
    pub tracestate: Option<&'a str>,
}

/// No span.
#[derive(Debug)]
pub struct Trace;

impl Trace {
    /// No span of a request.
    pub fn of_request(_: &str, _: &'static str, _: Parent<'_>) -> Self {
        Self
    }

    /// No span of an operation.
    pub fn of_operation() -> Self {
        Self
    }

    /// There is no trace.
    pub fn id(&self) -> Option<String> {
        None
    }

    /// Runs some work.
    pub fn around<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        work
    }
}

/// Does nothing.
pub(super) fn record(_: &Event<'_>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_without_traces_says_has_a_way_out() {
        let said = Traces::start("http://collector:4318").map(|_| ()).map_err(|error| error.to_string());
        let said = said.expect_err("there is no exporter");
        for part in ["http://collector:4318", "Cargo's feature `otel`", "remove the setting otlp-endpoint"] {
            assert!(said.contains(part), "{said}");
        }
    }
}
