//! What is taken out of all that is shown, and what is left; and that it takes no longer for a text
//! that somebody wrote to make it long.

use proptest::prelude::*;
use uns3::domain::redaction::{Redactor, spans};
use uns3::domain::secret::{MASK, names_secret};

/// With every character that some encoding writes in another way.
const SECRET: &str = r#"wJalr+XUtn/FEMI=K7&MD<EN>G"bPx'R\fi"#;

fn knowing(secret: &str) -> Redactor {
    let redactor = Redactor::default();
    redactor.learn(secret);
    redactor
}

/// Each character by `escape`, or as it is.
fn spelt(escape: impl Fn(char) -> Option<String>) -> String {
    SECRET.chars().map(|c| escape(c).unwrap_or(c.into())).collect()
}

/// Secrets were known in six spellings: Python's, .NET's and HTML's by number were not among them.
#[test]
fn every_spelling_of_a_secret_is_found() {
    let redactor = knowing(SECRET);
    let plain = |c: char| c.is_ascii_alphanumeric();
    let unless = |kept: &'static str, code: fn(u32) -> String| {
        move |c: char| (!plain(c) && !kept.contains(c)).then(|| code(c as u32))
    };
    let json = serde_json::to_string(SECRET).unwrap();
    let spellings = [
        SECRET.to_owned(),
        json.trim_matches('"').to_owned(),
        json.trim_matches('"').replace('/', r"\/"),
        // Python's quote() keeps slashes, JavaScript's encodeURIComponent keeps apostrophes.
        spelt(unless("/", |code| format!("%{code:02X}"))),
        spelt(unless("'", |code| format!("%{code:02x}"))),
        // .NET, and what escapes for HTML within JSON.
        spelt(unless("/=", |code| format!("\\u{code:04X}"))),
        spelt(unless("", |code| format!("\\u{code:04x}"))),
        spelt(unless("/", |code| format!("\\x{code:02x}"))),
        spelt(unless("", |code| format!("&#{code};"))),
        spelt(unless("", |code| format!("&#x{code:X};"))),
        spelt(unless("\\", |code| format!("&#x{code:02x};"))),
        SECRET
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;"),
        // A URL in JSON, JSON in JSON, and a URL in a page.
        spelt(unless("", |code| format!("\\u0025{code:02X}"))),
        serde_json::to_string(&json).unwrap().trim_matches('"').to_owned(),
        spelt(unless("", |code| format!("&#37;{code:02X}"))),
    ];
    for spelling in spellings {
        for (before, after) in [("", ""), ("it said ", " & more%"), ("ü\\", "\\"), ("a", "b")] {
            let text = format!("{before}{spelling}{after}");
            let redacted = redactor.redact_known(&text);
            assert!(redacted.contains(MASK), "{spelling}: {redacted}");
            for part in ["wJalr", "FEMI", "bPx"] {
                assert!(!redacted.contains(part), "{spelling}: {redacted}");
            }
            assert!(redacted.starts_with(before) && redacted.ends_with(after), "{redacted}");
        }
    }
}

#[test]
fn secrets_that_overlap_leave_nothing_of_either() {
    let redactor = Redactor::default();
    ["abcdefgh", "efghijkl", "abcdefgh-and-more"].iter().for_each(|one| redactor.learn(one));
    assert_eq!(redactor.redact_known("<abcdefghijkl>"), format!("<{MASK}>"));
    assert_eq!(redactor.redact_known("<abcdefgh-and-more>"), format!("<{MASK}>"));
}

#[test]
fn a_clean_text_is_not_copied() {
    let redactor = knowing(SECRET);
    for text in ["s3://bucket-one/out/", r#"{"a": "b\n%20&amp;"}"#, "name: value", "**********", ""]
    {
        assert!(matches!(redactor.redact(text), std::borrow::Cow::Borrowed(_)), "{text}");
    }
}

/// A secret of four characters took half of uns3's own sentences with it, or was shown.
#[test]
fn a_short_secret_is_masked_as_a_word_in_what_the_service_says() {
    let redactor = knowing("test");
    redactor.learn("a+b/c");
    let said = redactor.redact_said("the secret 'test' of latest tests, a+b/c, xa+b/c");
    assert_eq!(said, format!("the secret '{MASK}' of latest tests, {MASK}, xa+b/c"));
    for own in ["run uns3 test out", "a+b/c"] {
        assert_eq!(redactor.redact(own), own);
        assert_eq!(redactor.redact_known(own), own);
    }
    redactor.learn("abc");
    assert_eq!(redactor.redact_said("abc"), "abc");
}

/// Everything that was learnt was kept, in six spellings, and searched one by one.
#[test]
fn what_weeks_of_renewals_bring_is_forgotten_but_for_the_newest() {
    let redactor = knowing("the-api-key/of-this-process");
    let token = |number: u32| format!("{number:08}/{}", "T+ken".repeat(200));
    for number in 0..20_000 {
        redactor.learn(&token(number));
    }
    let newest = format!("{} and {}", token(19_999), token(19_900));
    assert_eq!(redactor.redact_known(&newest), format!("{MASK} and {MASK}"));
    assert_eq!(redactor.redact_known("the-api-key%2Fof-this-process"), MASK);
    assert_eq!(redactor.redact_known(&token(10_000)), token(10_000));
}

#[test]
fn what_is_learnt_between_texts_is_found_in_the_next() {
    let redactor = Redactor::default();
    for number in 0..300 {
        let secret = format!("secret-number-{number:04}!");
        redactor.learn(&secret);
        assert_eq!(redactor.redact_known(&secret), MASK);
        let first = "secret-number-0000!";
        assert_eq!(redactor.redact_known(first), MASK);
    }
}

/// A body of `://` kept uns3 busy for a minute, deaf to signals: each was looked at to the end.
#[test]
fn no_text_is_looked_at_more_than_a_few_times() {
    let pieces = [
        "://",
        "a://b:c",
        "a://b:c@",
        "@://",
        "key=",
        "key:",
        "key=****",
        "key=\\/",
        "token='",
        "\\\"",
        "==",
        "password= ",
        "secret",
        "a=b&",
        "://@:",
        "x:/",
    ];
    for piece in pieces {
        for end in ["", "@", " ", "\""] {
            let text = piece.repeat(20_000) + end;
            for found in [spans::userinfo(&text), spans::assignments(&text)] {
                let most = 20 * text.len();
                assert!(found.looked <= most, "{piece:?}: {} of {}", found.looked, text.len());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_are_of_characters_and_cost_little(text in "([a-z:/@=\"'\\\\ é*-]|key|://|token=){0,200}") {
        for found in [spans::userinfo(&text), spans::assignments(&text)] {
            prop_assert!(found.looked <= 20 * (text.len() + 1), "{} of {}", found.looked, text.len());
            for span in found.spans {
                prop_assert!(text.get(span).is_some());
            }
        }
        let redactor = knowing("é:/@=\"'\\ é");
        redactor.learn("%C3%A9:/");
        let _ = redactor.redact_said(&text);
    }

    #[test]
    fn escapes_of_any_kind_do_no_harm(text in r"([a-f0-9]|%|\\u|\\x|\\|&#|&#x|;|é|&amp;){0,60}") {
        let redactor = knowing("abcdefab");
        redactor.learn("é%\\&;éé");
        let redacted = redactor.redact_known(&text);
        prop_assert!(!redacted.contains("abcdefab"));
    }
}

#[test]
fn names_that_say_secret() {
    const SECRET: &str =
        "secret db_password api-Key sessionToken PASSPHRASE gcp_credentials passcode
        pat github_pat userPat sig sigV4 signature pwd passwd cred pass db_pass pw smtp-pw
        authorization Authorization bearer jwt sas SASUrl sas_url dsn SENTRY_DSN webhook
        slackWebhookUrl connection_string connectionString connection-string key KMSKeyId";
    const PLAIN: &str =
        "remote_url anonymous ambient_credentials recursive name path pattern bypass
        compass passed design signal sid Sid request_id aws_request_id requestId x-amz-request-id
        token_request_id tokyo powder jwtx sasquatch upward";
    for (names, says) in [(SECRET, true), (PLAIN, false)] {
        for name in names.split_whitespace() {
            assert_eq!(names_secret(name), says, "{name}");
        }
    }
    assert!(!names_secret("") && names_secret("connection string"));
}
