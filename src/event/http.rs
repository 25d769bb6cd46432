//! Why the server ends a client's connection of its own accord.

/// The reason, as the log and the metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// No byte came.
    Silent,
    /// The head of a request began to come, and did not end.
    SlowHead,
    /// It was idle for long.
    Idle,
    /// It was idle, and a new one needed its place.
    Displaced,
    /// Its client does not take its answer.
    NotReading,
    /// Answers that clients do not take fill the memory there is for them, and its are the largest.
    AnswersTooLarge,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Silent, Self::SlowHead, Self::Idle, Self::Displaced, Self::NotReading, Self::AnswersTooLarge];

    /// As it is called in metrics.
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
