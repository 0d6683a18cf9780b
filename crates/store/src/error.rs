//! Why the store did not do what it was asked.

use engine::Position;

#[derive(Debug)]
pub enum StoreError {
    /// The journal is not where the batch expects it: somebody else has written. Nothing was
    /// written by this append.
    Conflict { expected: Position, actual: Position },
    /// What is in the database cannot be what we wrote: it says where, and nothing is guessed.
    Damaged { place: String, why: String },
    /// The world did not work: disk full, a failed sync, a lost connection.
    Failed { doing: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
}

impl StoreError {
    pub fn failed<E>(doing: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Failed { doing, source: source.into() }
    }

    pub fn damaged(place: impl Into<String>, why: impl ToString) -> Self {
        Self::Damaged { place: place.into(), why: why.to_string() }
    }
}

impl core::fmt::Display for StoreError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            // It may have been taken over before anything else was written to it.
            Self::Conflict { expected, actual } if expected == actual => {
                f.write_str("another process has taken the journal over")
            }
            Self::Conflict { expected, actual } => write!(
                f,
                "the journal's next position is {}, not {}: another process has written to it",
                actual.0, expected.0
            ),
            Self::Damaged { place, why } => write!(f, "the journal is damaged at {place}: {why}"),
            Self::Failed { doing, .. } => write!(f, "failed to {doing}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed { source, .. } => Some(source.as_ref()),
            Self::Conflict { .. } | Self::Damaged { .. } => None,
        }
    }
}
