//! What an S3 or STS server refused with, or why no answer came: what a diagnosis starts from.

/// A call that failed, in the server's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Symptom {
    /// The HTTP status, where anything answered.
    pub(crate) status: Option<u16>,
    /// The server's error code; empty where it gave none.
    pub(crate) code: String,
    /// The server's message, or the reason that there is none.
    pub(crate) words: String,
    /// Where the call failed before S3 could refuse it.
    pub(crate) obstacle: Option<Obstacle>,
    /// The region that the answer names.
    pub(crate) region: Option<String>,
    /// The server's name for the request.
    pub(crate) request_id: Option<String>,
}

/// What came between the caller and S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// The host's name does not resolve.
    Address,
    /// Nothing accepts connections there.
    Connection,
    /// TLS failed: a certificate that is not trusted, or a server that speaks no TLS.
    Tls,
    /// No answer in time.
    Silence,
    /// The connection broke, or the answer was too large.
    Broken,
    /// What answered does not speak S3's language.
    NotS3,
}

impl Symptom {
    /// A call that S3 did not answer.
    pub(crate) fn of(obstacle: Obstacle, words: impl Into<String>) -> Self {
        Self { obstacle: Some(obstacle), words: words.into(), ..Self::default() }
    }

    /// Whether the same call may succeed a moment later. Source: Amazon S3 API Reference, "Error
    /// responses".
    pub(crate) fn may_pass(&self) -> bool {
        let codes = ["InternalError", "OperationAborted", "ServiceUnavailable", "SlowDown"];
        matches!(self.status, Some(429 | 500 | 502..=504))
            || codes.contains(&self.code.as_str())
            || self.obstacle == Some(Obstacle::Broken)
    }

    /// Whether the bucket is to be looked for in another region.
    pub(crate) fn is_elsewhere(&self) -> bool {
        let codes = [
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "IncorrectEndpoint",
            "PermanentRedirect",
            "TemporaryRedirect",
        ];
        codes.contains(&self.code.as_str()) || matches!(self.status, Some(301 | 302 | 307 | 308))
    }

    /// The code and the words in one line, as a person reads them.
    pub(crate) fn said(&self) -> String {
        match (self.code.as_str(), self.words.as_str(), self.status) {
            ("", "", Some(status)) => format!("HTTP status {status}"),
            ("", words, Some(status)) => format!("HTTP status {status}: {words}"),
            ("", words, None) => words.to_owned(),
            (code, "", _) => code.to_owned(),
            (code, words, _) => format!("{code}: {words}"),
        }
    }
}
