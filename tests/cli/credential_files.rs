//! Files of credentials, in every form that AWS and its tools write; and what is odd about them.

use serde_json::json;
use uns3::domain::s3::credential_file::{parse, plain};
use uns3::domain::s3::credentials::Keys;
use uns3::domain::secret::Secret;

use crate::harness::{Bench, KEY_ID, STS_ID};

const AWS_SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEJr/token==";

fn long_term() -> Keys {
    Keys {
        id: KEY_ID.into(),
        secret: Secret::new(AWS_SECRET),
        token: None,
        expires: None,
        arn: None,
    }
}

fn sts(expires: Option<&str>) -> Keys {
    let expires = expires.map(|time| time.parse().unwrap());
    Keys { id: STS_ID.into(), token: Some(Secret::new(TOKEN)), expires, ..long_term() }
}

#[test]
fn the_consoles_csv() {
    for text in [
        format!("Access key ID,Secret access key\r\n{KEY_ID},{AWS_SECRET}\r\n"),
        format!("\u{feff}Access key ID,Secret access key\n{KEY_ID},{AWS_SECRET}"),
        format!(
            "User name,Password,Access key ID,Secret access key,Console login link\n\
             \"me, myself\",,{KEY_ID},{AWS_SECRET},https://x.signin.aws.amazon.com/console\n"
        ),
    ] {
        assert_eq!(parse(&text).unwrap(), long_term(), "{text}");
    }
    let two =
        format!("Access key ID,Secret access key\n{KEY_ID},{AWS_SECRET}\n{KEY_ID},{AWS_SECRET}");
    assert!(parse(&two).unwrap_err().contains("holds 2 access keys"));
    assert!(parse("Access key ID,Secret access key\n").unwrap_err().contains("holds 0"));
    let half = format!("Access key ID,Secret access key\n{KEY_ID},\n");
    assert!(parse(&half).unwrap_err().contains("no Secret access key"));
}

#[test]
fn json_in_an_array() {
    let one = json!({"AccessKeyId": KEY_ID, "SecretAccessKey": AWS_SECRET});
    assert_eq!(parse(&json!([one]).to_string()).unwrap(), long_term());
    assert_eq!(parse(&format!(" [\n {one} ]\n")).unwrap(), long_term());
    assert!(parse(&json!([one, one]).to_string()).unwrap_err().contains("holds 2 sets"));
    assert!(parse("[]").unwrap_err().contains("holds 0 sets"));
}

#[test]
fn ini_as_the_aws_cli_has_it() {
    let profile = |name: &str, id: &str| {
        format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key={AWS_SECRET}\n")
    };
    assert_eq!(parse(&profile("anything", KEY_ID)).unwrap(), long_term());
    let several = profile("a", "AKIAOTHER")
        + "# words\n"
        + &profile("default", KEY_ID)
        + &profile("z", "AKIAZ");
    assert_eq!(parse(&several).unwrap(), long_term());
    assert_eq!(parse(&profile("profile default", KEY_ID)).unwrap(), long_term());
    let token =
        format!("aws_session_token = {TOKEN}\nx_security_token_expires = 2099-01-01T00:00:00Z\n");
    let temporary = profile("default", STS_ID) + &token;
    assert_eq!(parse(&temporary).unwrap(), sts(Some("2099-01-01T00:00:00Z")));
    let none = profile("a", KEY_ID) + &profile("b", KEY_ID);
    let refusal = parse(&none).unwrap_err();
    assert!(refusal.contains("several profiles") && refusal.contains("--aws-profile"), "{refusal}");
    let no_keys = "[default]\nregion = eu-west-1\n";
    assert!(parse(no_keys).unwrap_err().contains("has neither"));
}

#[test]
fn lines_of_every_shell() {
    let lines = [
        "NAME=VALUE\n",
        "export NAME=VALUE;\n",
        "export NAME=\"VALUE\"\r\n",
        "  export NAME='VALUE'\n",
        "$Env:NAME=\"VALUE\"\n",
        "$env:NAME = 'VALUE'\r\n",
        "set NAME=VALUE\r\n",
        "SET \"NAME=VALUE\"\r\n",
        "set -gx NAME VALUE\n",
    ];
    let end = "2099-01-01T00:00:00+00:00";
    for line in lines {
        let set = |name: &str, value: &str| line.replace("NAME", name).replace("VALUE", value);
        let text = "\u{feff}".to_owned()
            + &set("AWS_ACCESS_KEY_ID", STS_ID)
            + &set("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
            + &set("AWS_SESSION_TOKEN", TOKEN)
            + &set("AWS_CREDENTIAL_EXPIRATION", end);
        assert_eq!(parse(&text).unwrap(), sts(Some(end)), "{text}");
    }
}

/// An expiry that was a number was ignored, and the credentials taken for endless.
#[test]
fn an_expiration_is_read_or_refused() {
    let with = |expiration: &str| {
        parse(&format!(
            r#"{{"AccessKeyId": "{STS_ID}", "SecretAccessKey": "{AWS_SECRET}",
                "SessionToken": "{TOKEN}", "Expiration": {expiration}}}"#
        ))
    };
    let end = "2099-01-01T00:00:00Z";
    for good in [
        r#""2099-01-01T00:00:00Z""#,
        "4070908800",
        "4070908800000",
        "4070908800.5",
        r#""4070908800""#,
    ] {
        assert_eq!(with(good).unwrap(), sts(Some(end)), "{good}");
    }
    assert_eq!(with("null").unwrap(), sts(None));
    let long = "9".repeat(400);
    for bad in [r#""soon""#, "true", "[]", "{}", r#""""#, "1e400", &long, "-99999999999999999"] {
        assert!(with(bad).unwrap_err().contains("expiration that is no ISO 8601 time"), "{bad}");
    }
}

#[test]
fn quotes_and_a_byte_order_mark_are_taken_off_a_secret() {
    for text in ["plain/secret", "\u{feff}plain/secret\r\n", "\"plain/secret\"\n", "'plain/secret'"]
    {
        assert_eq!(plain(text), "plain/secret");
    }
    let bench = Bench::new();
    let file = bench.file("secret", &format!("\u{feff}\"{AWS_SECRET}\"\n"));
    bench
        .run(&format!("create x --remote-url s3://bucket-one/ --key {KEY_ID} --secret-file {file}"))
        .ok();
    assert_eq!(bench.service.sent("POST")["config"]["secret"], AWS_SECRET);
}

/// A secret of which a part was not copied is found out by AWS, much later.
#[test]
fn a_secret_that_is_not_whole_gets_a_warning_where_it_is_awss() {
    let bench = Bench::new();
    let whole = bench.file("whole", AWS_SECRET);
    let part = bench.file("part", &AWS_SECRET[..39]);
    let create = |name: &str, id: &str, file: &str, more: &str| {
        let line = format!(
            "create {name} --remote-url s3://bucket-one/ --key {id} --secret-file {file} {more}"
        );
        bench.run(&line).ok().stderr.contains("has 39 characters, and AWS's have 40")
    };
    assert!(!create("a", KEY_ID, &whole, ""));
    assert!(create("b", KEY_ID, &part, ""));
    assert!(!create("c", KEY_ID, &part, "--endpoint-url https://minio.example.com"));
    assert!(!create("d", "minio-key", &part, ""));
    let line = format!("update a --key {KEY_ID} --secret-file {part}");
    bench.run(&line).ok().says("has 39 characters");
    bench
        .run(&format!("rotate a --direct --no-verify --key {KEY_ID} --secret-file {part}"))
        .says("has 39 characters");
}

/// Credentials of a connector that is to be made were said to be changed.
#[test]
fn what_is_not_there_yet_is_new() {
    let bench = Bench::new();
    let line = format!("create x --remote-url s3://bucket-one/ {} --dry-run", bench.sts());
    let table = bench.run(&line);
    for field in ["key", "secret", "token"] {
        table.ok().prints(&format!("+ {field}: new"));
    }
    assert!(!table.stdout.contains("changed"));
    let json: serde_json::Value =
        serde_json::from_str(&bench.run(&format!("{line} -o json")).ok().stdout).unwrap();
    let changes = json["uns3"]["changes"].as_array().unwrap();
    let secret = changes.iter().find(|one| one["field"] == "secret").unwrap();
    assert_eq!(secret["secret"], "new");
}
