//! Why the server ends a client's connection of its own accord.

/// The reason, in the words of the log and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// No byte arrived.
    Silent,
    /// The head of a request began to arrive, and did not end.
    SlowHead,
    /// It was idle for too long.
    Idle,
    /// It was idle, and a new connection needed its place.
    Displaced,
    /// Its client does not read its answer.
    NotReading,
    /// Unread answers fill the memory that they may use, and this connection has the largest ones.
    AnswersTooLarge,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Silent, Self::SlowHead, Self::Idle, Self::Displaced, Self::NotReading, Self::AnswersTooLarge];

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::SlowHead => "slow_head",
            Self::Idle => "idle",
            Self::Displaced => "displaced",
            Self::NotReading => "not_reading",
            Self::AnswersTooLarge => "answers_too_large",
        }
    }
}
