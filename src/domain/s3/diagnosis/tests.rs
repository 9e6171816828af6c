//! Each cause by an answer of a real server, AWS's documented words, or the connector's own.

use jiff::Timestamp;

use super::*;
use crate::domain::kind::Kind;
use crate::domain::s3::auth::AuthKind;

fn case(kind: Kind) -> Case<'static> {
    Case {
        kind,
        bucket: "data",
        folder: "out/",
        endpoint_url: None,
        auth: AuthKind::Keys,
        key_id: Some("AKIAIOSFODNN7EXAMPLE"),
        expires_at: None,
        now: Timestamp::UNIX_EPOCH,
        just_written: false,
        name: Some("x".into()),
        again: "check it again: uns3 test x --retry-for 2h".into(),
    }
}

fn refusal(status: u16, code: &str, words: &str) -> Symptom {
    let (code, words) = (code.to_owned(), words.to_owned());
    Symptom { status: Some(status), code, words, ..Symptom::default() }
}

/// A status, a code, the server's words and the cause, a line each.
const SAID: &str = include_str!("said.txt");

#[test]
fn what_servers_say() {
    for line in SAID.lines() {
        let [status, code, words, cause] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let symptom = refusal(status.parse().unwrap_or_default(), code, words);
        let found = of_symptom(&symptom, Operation::Write, &case(Kind::Destination));
        assert_eq!(found.cause, cause, "{line}");
        let filled = found.text().replace("[{\"Sid\"", "");
        assert!(!filled.contains("{b") && !filled.contains("{p"), "{found:?}");
    }
    assert!(SAID.lines().count() > 50);
}

/// What reqwest and rustls say where no server answers.
#[test]
fn what_comes_between() {
    use Obstacle::{Address, Broken, Connection, NotS3, Silence, Tls};
    for (obstacle, words, cause) in [
        (Address, "x does not resolve: dns error: Name or service not known", "address"),
        (Connection, "tcp connect error: Connection refused (os error 111)", "refused"),
        (Connection, "tcp connect error: No route to host (os error 113)", "unreachable"),
        (Connection, "tunnel error: proxy authentication required", "proxy"),
        (Silence, "operation timed out", "timeout"),
        (Broken, "connection closed before message completed", "broken"),
        (Tls, "invalid peer certificate: UnknownIssuer", "certificate"),
        (
            Tls,
            "invalid peer certificate: certificate expired: verified at 1",
            "certificate_expired",
        ),
        (Tls, "invalid peer certificate: certificate not valid for name \"x\"", "certificate_name"),
        (Tls, "received corrupt message of type InvalidContentType", "no_tls"),
        (Tls, "tls handshake eof", "no_tls"),
        (NotS3, "the server answered 200 OK without an ETag: Sign in", "not_s3"),
    ] {
        let symptom = Symptom::of(obstacle, words);
        let found = of_symptom(&symptom, Operation::Write, &case(Kind::Destination));
        assert_eq!(found.cause, cause, "{words}");
    }
}

#[test]
fn a_refusal_names_what_is_lacking_and_grants_it() {
    let refused = refusal(403, "AccessDenied", "Access Denied");
    let write = of_symptom(&refused, Operation::Write, &case(Kind::Destination));
    assert!(write.meaning.contains("s3:PutObject on arn:aws:s3:::data/out/*"), "{write:?}");
    assert!(write.mend.contains("\"s3:AbortMultipartUpload\""), "{write:?}");
    let list = of_symptom(&refused, Operation::List, &case(Kind::Destination));
    assert_eq!(list.cause, "list_denied");
    assert!(list.meaning.contains("check will pass") && list.meaning.contains("jobs will fail"));
    let read = of_symptom(&refused, Operation::Read, &case(Kind::Source));
    assert!(read.meaning.contains("s3:GetObject"), "{read:?}");
    let anonymous = Case { auth: AuthKind::Anonymous, ..case(Kind::Source) };
    assert_eq!(of_symptom(&refused, Operation::List, &anonymous).cause, "not_public");
    let china = Case {
        endpoint_url: Some("https://s3.cn-north-1.amazonaws.com.cn"),
        ..case(Kind::Destination)
    };
    let write = of_symptom(&refused, Operation::Write, &china);
    assert!(write.meaning.contains("arn:aws-cn:s3:::data/out/*"), "{write:?}");
    let bare = Case { key_id: Some("ASIAIOSFODNN7EXAMPLE"), ..case(Kind::Destination) };
    let unknown = refusal(403, "InvalidAccessKeyId", "");
    assert_eq!(of_symptom(&unknown, Operation::Write, &bare).cause, "missing_token");
}

/// Old deployments repeat what S3 said; since July 2026 reasons are bare class names.
#[test]
fn what_the_platform_says() {
    for (reason, cause, certain) in [
        ("UserAuthError: Access Denied", "write_denied", true),
        ("UserAuthError: The provided token has expired.", "expired_token", true),
        (
            "UserAuthError: The AWS Access Key Id you provided does not exist in our records.",
            "unknown_key",
            true,
        ),
        (
            "UserAuthError: The request signature we calculated does not match the signature you provided.",
            "wrong_secret",
            true,
        ),
        (
            "UserError: An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist",
            "no_bucket",
            true,
        ),
        (
            "UserAuthError: No authentication method specified. anonymous=False but no explicit credentials provided and ambient_credentials=False.",
            "no_method",
            true,
        ),
        (
            "UserAuthError: Ambient credentials requested (ambient_credentials=True) but ALLOW_AMBIENT_CREDENTIALS_S3 environment variable is not set to 'true'. ",
            "ambient_off",
            true,
        ),
        (
            "EndpointConnectionError: Could not connect to the endpoint URL: \"http://x/\"",
            "unreachable",
            true,
        ),
        ("UserError: OSError(errno=38)", "trailers", true),
        ("PermissionError(errno=1)", "method", true),
        ("UserAuthError: PermissionError", "refused_by_s3", false),
        ("UserAuthError: PermissionError(errno=13)", "refused_by_s3", false),
        ("UserError: OSError(errno=22)", "bad_request", false),
        ("UserError: File not found: data/out", "empty_folder", false),
        ("UserError: OSError(errno=78)", "redirected", false),
        ("OSError: [Errno 78] Remote address changed", "redirected", false),
        ("UserError: OSError(errno=16)", "busy", false),
        ("ProviderError: OSError(errno=121)", "server_error", false),
        ("UserError: OSError(errno=5)", "kms_or_other", false),
        ("UserError: OSError", "unexplained", false),
        ("something else entirely", "unknown", false),
    ] {
        let found = of_reason(reason, &case(Kind::Destination));
        assert_eq!((found.cause, found.certain), (cause, certain), "{reason}: {found:?}");
    }
}

#[test]
fn a_bare_reason_is_explained_by_what_is_known() {
    let bare = "UserAuthError: PermissionError";
    let expired = Case {
        auth: AuthKind::Sts,
        expires_at: Some(Timestamp::UNIX_EPOCH),
        now: Timestamp::from_second(60).unwrap_or_default(),
        ..case(Kind::Destination)
    };
    let found = of_reason(bare, &expired);
    assert!(found.meaning.contains("why: the session token expired at 1970-01-01"), "{found:?}");
    let fresh = Case { just_written: true, ..case(Kind::Destination) };
    let found = of_reason(bare, &fresh);
    assert!(found.meaning.contains("why: the secret does not belong to the key"), "{found:?}");
    assert!(found.mend.contains("uns3 preflight x"), "{found:?}");
    let found = of_reason(bare, &case(Kind::Source));
    assert!(found.meaning.contains("why: s3:ListBucket or s3:GetObject is lacking"), "{found:?}");
    // Nobody's credentials were refused, and the platform's own are no key.
    let anonymous = Case { auth: AuthKind::Anonymous, ..case(Kind::Source) };
    let found = of_reason(bare, &anonymous);
    assert_eq!((found.cause, found.certain), ("not_public", false));
    assert!(found.meaning.starts_with("the bucket data is not public"), "{found:?}");
    let ambient = Case { auth: AuthKind::Ambient, ..case(Kind::Destination) };
    let found = of_reason(bare, &ambient);
    assert!(found.meaning.ends_with("why: s3:PutObject is lacking"), "{found:?}");
    // A source's folder is empty before its bucket is missing.
    let found = of_reason("UserError: File not found: data/in", &case(Kind::Source));
    assert!(found.meaning.starts_with("the folder s3://data/out/ is empty"), "{found:?}");
}

/// A folder may be called as a place of the texts is: it was filled in once more.
#[test]
fn what_is_filled_in_is_not_filled_again() {
    let folder = Case { folder: "{bucket}/{region}/", ..case(Kind::Destination) };
    let found = of_symptom(&refusal(403, "AccessDenied", ""), Operation::Write, &folder);
    let text = found.text();
    assert!(text.contains("arn:aws:s3:::data/{bucket}/{region}/*"), "{text}");
}

/// Every place of the table's texts is known, and none is left open.
#[test]
fn all_places_of_the_texts_are_filled() {
    let all = codes::BY_CODE.iter().chain(&causes::BY_WORDS);
    for cause in all.chain(&reasons::CERTAIN).chain(&reasons::BARE) {
        let text = made_out(cause, None, None, &case(Kind::Destination), true).text();
        let open = text.contains(['{', '}']) && !text.contains("Uns3");
        assert!(!open, "{}: {text}", cause.name);
    }
}
