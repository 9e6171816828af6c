//! What went wrong, in the user's words: a stable category, a message, a next step, an exit code.

use std::fmt;
use std::sync::Arc;

/// The kinds of failure that scripts may tell apart. Each has one exit code, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    /// None of the others: a file that cannot be written, a bug.
    Internal,
    /// A flag, URL or credential that cannot be right, or that the service refuses.
    Usage,
    /// Some of many targets failed, others did not.
    Partial,
    /// No API key, or one that the service refuses.
    Auth,
    /// No such connector or profile.
    NotFound,
    /// The name is taken or ambiguous, or the connector is in use.
    Conflict,
    /// The connection check's verdict is a failure.
    CheckFailed,
    /// No verdict by the deadline.
    Timeout,
    /// No usable answer after the retries.
    Unavailable,
    /// SIGINT ended it, after what was under way.
    Interrupted,
    /// SIGTERM ended it, after what was under way.
    Terminated,
}

impl Category {
    /// The name under which JSON errors carry the category.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Usage => "usage",
            Self::Partial => "partial",
            Self::Auth => "auth",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::CheckFailed => "check_failed",
            Self::Timeout => "timeout",
            Self::Unavailable => "unavailable",
            Self::Interrupted | Self::Terminated => "interrupted",
        }
    }

    /// The process's exit code.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Auth => 4,
            Self::NotFound => 5,
            Self::Conflict => 6,
            Self::CheckFailed => 7,
            Self::Timeout => 8,
            Self::Unavailable => 9,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// What a failed request did to the service. It is known where the answer is read, and nowhere
/// else: the same category may leave a write undone, or open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: it never arrived, or was refused.
    None,
    /// Perhaps it was carried out all the same: an answer was lost, or does not say.
    Unknown,
}

/// A failure as the user sees it. Never holds a secret that a redactor does not know.
#[derive(Clone, Debug)]
pub(crate) struct Error {
    /// What scripts act on.
    pub(crate) category: Category,
    /// What failed; further lines hold details, such as one problem each.
    pub(crate) message: String,
    /// What to do about it, one thing each.
    pub(crate) hints: Vec<String>,
    /// What it did to the service.
    pub(crate) effect: Effect,
    /// The HTTP status, where the service answered.
    pub(crate) status: Option<u16>,
    /// The service's own name for the request, where it gave one.
    pub(crate) request_id: Option<String>,
    /// The error of a library that lies beneath, where there is one.
    pub(crate) cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything here that can fail.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `category` that says `message`.
    pub(crate) fn new(category: Category, message: impl Into<String>) -> Self {
        Self {
            category,
            message: message.into(),
            hints: Vec::new(),
            effect: Effect::None,
            status: None,
            request_id: None,
            cause: None,
        }
    }

    /// Input that cannot be right.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Category::Usage, message)
    }

    /// All that is wrong with the input, in one error.
    pub(crate) fn problems(problems: &[String]) -> Self {
        Self::usage(match problems {
            [one] => one.clone(),
            many => format!("{} problems:\n- {}", many.len(), many.join("\n- ")),
        })
    }

    /// One error for what became of `all` targets: the failure itself where there was one target,
    /// else a list, what is said of several once. `partial` where some did not fail; else of the
    /// first failure's category.
    pub(crate) fn of_many(failures: Vec<Self>, all: usize) -> Result<()> {
        let Some(first) = failures.first() else { return Ok(()) };
        if all == 1 {
            return Err(first.clone());
        }
        let category = if failures.len() < all { Category::Partial } else { first.category };
        let item = |alike: &[Self]| {
            let Self { message, hints, .. } = &alike[0];
            let count = match alike.len() {
                1 => String::new(),
                count => format!(" ({count} of them)"),
            };
            let hints: String = hints.iter().map(|hint| format!("\n  {hint}")).collect();
            format!("- {message}{count}{hints}")
        };
        let items = failures.chunk_by(|one, other| one.message == other.message).map(item);
        let items: Vec<String> = items.collect();
        let message = format!("{} of {all} failed:\n{}", failures.len(), items.join("\n"));
        Err(Self::new(category, message))
    }

    /// Whether a signal ended what it was about.
    pub(crate) fn is_interruption(&self) -> bool {
        matches!(self.category, Category::Interrupted | Category::Terminated)
    }

    /// Adds a thing to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        if !self.hints.contains(&hint) {
            self.hints.push(hint);
        }
        self
    }

    /// All that can be done about it, as one text; `None`: nothing is known.
    pub(crate) fn hints_joined(&self) -> Option<String> {
        (!self.hints.is_empty()).then(|| self.hints.join("; "))
    }

    /// Says what it did to the service.
    #[must_use]
    pub(crate) fn effect(self, effect: Effect) -> Self {
        Self { effect, ..self }
    }

    /// Keeps the error of a library that lies beneath.
    #[must_use]
    pub(crate) fn caused_by(self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { cause: Some(Arc::new(cause)), ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        let message = format!("{error:#}");
        let cause = Some(Arc::from(error.into_boxed_dyn_error()));
        Self { cause, ..Self::new(Category::Internal, message) }
    }
}
