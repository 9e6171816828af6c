//! Where a connector's credentials come from: files in each form, standard input, the environment.

use serde_json::{Value, json};

use crate::harness::{API_KEY, Bench, SECRET, STS_ID, TOKEN, spellings};

const CREATE: &str = "create x --remote-url s3://bucket-one/ -o json";

/// The triple of the connector `x`.
fn triple(bench: &Bench) -> [Value; 3] {
    let config = bench.service.config("x");
    ["key", "secret", "token"].map(|field| config[field].clone())
}

fn fields(expiration: Value) -> Value {
    json!({"AccessKeyId": STS_ID, "SecretAccessKey": SECRET, "SessionToken": TOKEN,
        "Expiration": expiration})
}

#[test]
fn each_form_of_a_file_is_read() {
    let time = "2096-05-06T07:08:09Z";
    let mut process = fields(time.into());
    process["Version"] = 1.into();
    let role = json!({"roleCredentials": {"accessKeyId": STS_ID, "secretAccessKey": SECRET,
        "sessionToken": TOKEN, "expiration": 3_987_126_489_000_u64}});
    let lines = |export: &str, quote: &str| {
        format!(
            "# a comment\n{export}AWS_ACCESS_KEY_ID={STS_ID}\n\
             {export}AWS_SECRET_ACCESS_KEY={quote}{SECRET}{quote}\n\
             {export}AWS_SESSION_TOKEN={quote}{TOKEN}{quote}\n\
             {export}AWS_CREDENTIAL_EXPIRATION={quote}2096-05-06T09:08:09+02:00{quote}\n"
        )
    };
    for (form, text) in [
        (
            "assume-role",
            json!({"Credentials": fields(time.into()), "AssumedRoleUser": {}}).to_string(),
        ),
        (
            "with offset",
            json!({"Credentials": fields("2096-05-06T09:08:09+02:00".into())}).to_string(),
        ),
        ("credential_process", process.to_string()),
        ("byte order mark", format!("\u{feff}{process:#}\r\n")),
        ("sso", role.to_string()),
        ("export", lines("export ", "")),
        ("plain", lines("", "")),
        ("single quotes", lines("export ", "'")),
        ("double quotes", lines("export ", "\"")),
        ("DOS", lines("set ", "").replace('\n', "\r\n")),
        ("PowerShell", lines("$Env:", "\"")),
    ] {
        let bench = Bench::new();
        let file = bench.file("form", &text);
        let done = bench.run(&format!("{CREATE} --credentials-file {file}"));
        assert_eq!(done.code, 0, "{form}: {done:?}");
        assert_eq!(triple(&bench), [json!(STS_ID), json!(SECRET), json!(TOKEN)], "{form}");
        assert_eq!(done.json()["uns3"]["expires_at"], time, "{form}");
    }
}

#[test]
fn standard_input_serves_for_each_file() {
    let bench = Bench::new();
    bench.piped(&format!("{CREATE} --credentials-file -"), &fields(Value::Null).to_string()).ok();
    assert_eq!(triple(&bench), [json!(STS_ID), json!(SECRET), json!(TOKEN)]);
    let bench = Bench::new();
    let token = bench.path("token").display().to_string();
    let line = format!("{CREATE} --key {STS_ID} --secret-file - --token-file {token}");
    bench.piped(&line, &format!("{SECRET}\n")).ok();
    assert_eq!(triple(&bench), [json!(STS_ID), json!(SECRET), json!(TOKEN)]);
    let bench = Bench::new().without("UNSTRUCTURED_API_KEY");
    bench.piped(&format!("{CREATE} --anonymous --api-key-file -"), &format!("{API_KEY}\n")).ok();
}

#[test]
fn a_broken_file_is_never_quoted() {
    let bench = Bench::new();
    let good = fields(Value::Null).to_string();
    let odd = "q7-Distinct/Content";
    for (text, problem) in [
        (String::new(), "is empty"),
        (odd.to_owned(), "has neither"),
        (format!("{}{odd}", &good[..good.len() - 4]), "is not JSON"),
        (format!("{{\"AccessKeyId\": \"{odd}\"}}"), "has AccessKeyId but no SecretAccessKey"),
        (format!("{{\"SecretAccessKey\": \"{odd}\"}}"), "has SecretAccessKey but no AccessKeyId"),
        (format!("[\"{odd}\"]"), "has neither"),
        (
            format!("[default]\naws_secret_access_key = {odd}"),
            "has AWS_SECRET_ACCESS_KEY but no AWS_ACCESS_KEY_ID",
        ),
        (format!("export AWS_SECRET_ACCESS_KEY={odd}"), "has AWS_SECRET_ACCESS_KEY but no"),
        (good.replace("null", &format!("\"{odd}\"")), "no ISO 8601 time"),
    ] {
        let file = bench.file("broken", &text);
        let done = bench.run(&format!("{CREATE} --credentials-file {file}"));
        done.fails(2).says(problem).never_shows(odd);
    }
    let done = bench.run(&format!("{CREATE} --credentials-file {}", bench.path("gone").display()));
    done.fails(2).says("cannot read");
    assert!(bench.service.lines().is_empty());
}

#[test]
fn the_environment_is_one_set_and_told_of() {
    let with = |values: &[(&str, &str)]| {
        values.iter().fold(Bench::new(), |bench, (name, value)| bench.with(name, value))
    };
    let (id, secret) = (("AWS_ACCESS_KEY_ID", STS_ID), ("AWS_SECRET_ACCESS_KEY", SECRET));
    let token = ("AWS_SESSION_TOKEN", TOKEN);
    let whole = [id, secret, token, ("AWS_CREDENTIAL_EXPIRATION", "2096-05-06T07:08:09Z")];
    let bench = with(&whole);
    let done = bench.run(&format!("{CREATE} -v"));
    done.ok().says(&format!("using the credentials in the environment, key id {STS_ID}"));
    assert_eq!(triple(&bench), [json!(STS_ID), json!(SECRET), json!(TOKEN)]);
    assert_eq!(done.json()["uns3"]["expires_at"], "2096-05-06T07:08:09Z");
    // A flag's source is used alone, and nothing is said of the environment.
    let bench = with(&whole);
    let done = bench.run(&format!("{CREATE} --anonymous"));
    assert!(!done.ok().stderr.contains(STS_ID), "{done:?}");
    assert_eq!(triple(&bench), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn a_partial_environment_is_refused() {
    for (name, value, problem) in [
        ("AWS_ACCESS_KEY_ID", STS_ID, "but no AWS_SECRET_ACCESS_KEY"),
        ("AWS_SECRET_ACCESS_KEY", SECRET, "but no AWS_ACCESS_KEY_ID"),
        ("AWS_SESSION_TOKEN", TOKEN, "credentials"),
    ] {
        let bench = Bench::new().with(name, value);
        bench.run(CREATE).fails(2).says(problem);
        assert!(bench.service.lines().is_empty());
    }
    let bench =
        Bench::new().with("AWS_ACCESS_KEY_ID", STS_ID).with("AWS_SECRET_ACCESS_KEY", SECRET);
    bench.run(CREATE).fails(2).says("session token");
    let bench = bench
        .with("AWS_SESSION_TOKEN", TOKEN)
        .with("AWS_CREDENTIAL_EXPIRATION", "2016-05-06T07:08:09Z");
    bench.run(CREATE).fails(2).says("expired");
    let bench = bench.with("AWS_CREDENTIAL_EXPIRATION", "soon/after");
    bench.run(CREATE).fails(2).says("no ISO 8601 time").never_shows("soon/after");
    assert!(bench.service.lines().is_empty());
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let bench = Bench::new()
        .with("AWS_ACCESS_KEY_ID", "")
        .with("AWS_SECRET_ACCESS_KEY", "")
        .with("UNS3_ENDPOINT_URL", "");
    bench.run(CREATE).fails(2).says("needs credentials");
    bench.run(&format!("{CREATE} --anonymous")).ok();
    assert_eq!(bench.service.config("x")["endpoint_url"], Value::Null);
}

#[test]
fn nothing_of_credentials_is_kept() {
    let bench = Bench::new();
    bench.run(&format!("{CREATE} {}", bench.sts())).ok();
    bench.run("test x").ok();
    for folder in ["config", "state"] {
        for (path, text) in bench.files(folder) {
            let held = [SECRET, TOKEN, API_KEY].iter().flat_map(|one| spellings(one));
            assert!(!held.into_iter().any(|one| text.contains(&one)), "{}", path.display());
        }
    }
}
