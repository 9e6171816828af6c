//! The hunt for secrets: whatever is run, and whatever the service does with what it was sent, no
//! secret is seen on a stream or left in a file. The harness looks for the tests' own secrets after
//! every run; here, services tell more than they should.

use serde_json::{Value, json};

use crate::harness::{API_KEY, Bench, SECRET, STS_ID, TOKEN, each, spellings};
use crate::service::{Fault, Service};

/// The service's own secrets, which uns3 never knew.
const HIDDEN: [&str; 4] = [
    r#"Pw/1+x="q'7\-hidden&%"#,
    r#"Oauth/9+z="k'3\-hidden&%"#,
    r#"Pem/2+y="l'4\-hidden&%"#,
    r#"Deep/5+u="m'6\-hidden&%"#,
];
const FORMATS: [&str; 5] = ["table", "json", "yaml", "csv", "id"];

/// A config that shows its secrets, in fields that uns3 knows and in others.
fn careless() -> Value {
    json!({
        "remote_url": "s3://bucket-one/", "key": STS_ID, "secret": SECRET, "token": TOKEN,
        "anonymous": false, "password": HIDDEN[0], "oauth_token": HIDDEN[1],
        "nested": {"private_key": [HIDDEN[2]], "client-Secret": {"value": HIDDEN[3]}},
    })
}

fn hunt(bench: &Bench, line: &str, stdin: &str) {
    let done = bench.piped(line, stdin);
    for secret in HIDDEN {
        done.never_shows(secret);
    }
    for (path, text) in bench.files("config").into_iter().chain(bench.files("state")) {
        let held = [SECRET, TOKEN, API_KEY].iter().chain(&HIDDEN).flat_map(|one| spellings(one));
        assert!(!held.into_iter().any(|one| text.contains(&one)), "{line}: {}", path.display());
    }
}

/// Every command that shows something of a connector or of its credentials.
fn commands(bench: &Bench) -> Vec<String> {
    let (keys, sts) = (bench.keys(), bench.sts());
    [
        "list --all-types",
        "get out",
        "test out",
        "test out --last",
        "update out --set a=1",
        &format!("update out --dry-run {sts} --remote-url s3://bucket-two/"),
        &format!("update out {sts} --remote-url s3://bucket-two/"),
        &format!("update out {keys}"),
        "update out --anonymous",
        &format!("create out --remote-url s3://bucket-one/ {sts} --if-not-exists"),
        &format!("create new --remote-url s3://bucket-one/ {sts} --dry-run"),
        &format!("create new --remote-url s3://bucket-one/ {sts} --test"),
        "create env --remote-url s3://bucket-one/ --credentials-file -",
        "delete out --yes",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn stdin() -> String {
    json!({"AccessKeyId": STS_ID, "SecretAccessKey": SECRET, "SessionToken": TOKEN}).to_string()
}

#[test]
fn a_service_that_masks_badly() {
    each(FORMATS, |format| {
        let bench = Bench::new();
        bench.service.add("out", careless());
        bench.service.with(|store| {
            store.state.unknowns.masks = uns3::sandbox::Masks::Nothing;
            store.add("destinations", "gcs", "other", careless());
        });
        for line in commands(&bench) {
            hunt(&bench, &format!("{line} -vv --retries 0 -o {format}"), &stdin());
        }
    });
}

#[test]
fn a_service_that_complains_with_what_it_was_sent() {
    let complaint = format!("Invalid secret {SECRET} with token {TOKEN} of {API_KEY}");
    let bodies = [
        json!({"detail": complaint}),
        json!({"detail": [{"loc": ["secret", SECRET], "msg": complaint, "input": TOKEN}]}),
        json!({"detail": {"config": careless(), "said": complaint}}),
        json!({"message": format!("password=\"{}\" oauth_token: '{}'", HIDDEN[0], HIDDEN[1])}),
        json!({"config": careless()}),
        Value::from(format!("<html><title>{complaint}</title><p>{complaint}</p></html>")),
        Value::from(format!("key={API_KEY}&secret={SECRET}&token={TOKEN}")),
    ];
    each(bodies, |body| {
        let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        for (method, path) in [("POST", "/destinations/"), ("PUT", ""), ("POST", "check")] {
            for status in [200, 400, 422, 500] {
                let bench = Bench::new();
                bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "token": "x"}));
                bench.service.fault(method, path, Fault::status(status, &text).done().always());
                let line = match method {
                    "PUT" => format!("update out {} --set a=1", bench.sts()),
                    _ if path == "check" => format!("update out {} --test", bench.sts()),
                    _ => format!("create new --remote-url s3://bucket-one/ {}", bench.sts()),
                };
                for format in ["table", "json"] {
                    hunt(&bench, &format!("{line} --retries 0 -vv -o {format}"), "");
                }
            }
        }
    });
}

#[test]
fn a_check_that_quotes_the_credentials() {
    let prose = format!("botocore: credentials {SECRET} and {TOKEN} refused");
    let code = format!("aws_secret_access_key='{SECRET}' aws_session_token=\"{TOKEN}\"");
    let cases = FORMATS.iter().flat_map(|format| [(format, &prose), (format, &code)]);
    each(cases, |(format, reason)| {
        let bench = Bench::new();
        bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
        let verdict = ("FAILURE".to_owned(), reason.as_str().into());
        bench.service.with(|store| store.verdicts.push_back(verdict));
        bench.run(&format!("update out --test {} -vv -o {format}", bench.sts())).exits(7);
    });
}

#[test]
fn headers_that_quote_secrets() {
    let bench = Bench::new();
    let fault = Fault::status(400, json!({"detail": "no"}))
        .header("x-request-id", API_KEY)
        .header("server", SECRET)
        .header("x-other", TOKEN)
        .always();
    bench.service.fault("POST", "", fault);
    for format in ["table", "json"] {
        let line =
            format!("create x --remote-url s3://bucket-one/ {} -vv -o {format}", bench.sts());
        bench.run(&line).fails(2);
    }
}

#[test]
fn a_redirect_that_quotes_secrets() {
    let bench = Bench::new();
    let other = Service::start();
    let target = format!("{}/?{}", other.url, spellings(SECRET)[2]);
    bench.service.fault("POST", "/", Fault::status(307, "").header("location", target).always());
    let line = format!("create x --remote-url s3://bucket-one/ {} -vv --retries 0", bench.sts());
    bench.run(&line).fails(9);
    assert!(other.lines().is_empty());
}

#[test]
fn the_trace_shows_the_traffic_without_secrets() {
    let bench = Bench::new();
    let done = bench.run(&format!("create x --remote-url s3://bucket-one/ {} -vv", bench.sts()));
    done.ok()
        .says("> POST ")
        .says("> unstructured-api-key: **********")
        .says("\"secret\":\"**********\"")
        .says("\"remote_url\":\"s3://bucket-one/\"")
        .says("< 200 ")
        .says("< content-type: application/json");
    let once = bench.run("list -v");
    assert!(!once.ok().says("the service is").stderr.contains("> GET"), "{once:?}");
}

#[test]
fn secrets_on_the_command_line_are_not_repeated() {
    let bench = Bench::new();
    let base = ["create", "x", "--remote-url", "s3://bucket-one/", "-o", "json", "-vv"];
    for more in [
        vec!["--key", STS_ID, "--secret", SECRET, "--token", TOKEN],
        vec!["--key", STS_ID, "--secret", SECRET, "--token", TOKEN, "--novel"],
        vec!["--secret", SECRET, SECRET],
        vec!["--secret", SECRET, "--token-file", SECRET],
        vec!["--anonymous", "--set", "api_password=Set/1+x=hidden"],
        vec!["--anonymous", "--set", "deep={\"token\":\"Set/1+x=hidden\"}"],
        vec!["--key", SECRET, "--secret", SECRET],
    ] {
        let done = bench.args(&[&base[..], &more].concat());
        done.never_shows("Set/1+x=hidden");
    }
    let long = [format!("--secret={SECRET}"), format!("--token={TOKEN}")];
    let args: Vec<&str> = base.into_iter().chain(long.iter().map(String::as_str)).collect();
    bench.args(&args).fails(2);
}

#[test]
fn a_file_named_instead_of_its_content() {
    let bench = Bench::new();
    let create = ["create", "x", "--remote-url", "s3://bucket-one/"];
    let real = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    for secret in [SECRET, TOKEN, real, &stdin(), &real.repeat(9)] {
        for flags in [vec!["--key", STS_ID, "--secret-file"], vec!["--credentials-file"]] {
            let done = bench.args(&[&create[..], &flags, &[secret]].concat());
            done.fails(2).says("cannot read").never_shows(secret);
        }
        bench.args(&["list", "--api-key-file", secret]).fails(2).never_shows(secret);
    }
    let done = bench.args(&["list", "--api-key-file", "./keys/of-mine.txt"]);
    done.fails(2).says("./keys/of-mine.txt");
}

#[test]
fn a_service_that_quotes_the_key_wherever_it_came_from() {
    let bench = Bench::new().without("UNSTRUCTURED_API_KEY");
    let url = bench.service.url.clone();
    let file = bench.file("key", API_KEY);
    let saved = |name: &str, source: &[&str]| {
        let add = ["profile", "add", name, "--api-url", &url, "--no-verify"];
        bench.args(&[&add[..], source].concat()).ok();
    };
    saved("file", &["--api-key-file", &file]);
    saved("command", &["--api-key-command", &format!("cat {file}")]);
    let complaint = json!({"detail": format!("no such key: {API_KEY}")});
    bench.service.fault("", "", Fault::status(401, complaint).always());
    for source in ["--profile file", "--profile command", &format!("--api-key-file {file}")] {
        for format in ["table", "json"] {
            bench.run(&format!("list -vv {source} -o {format}")).fails(4).says("no such key: ***");
        }
    }
    bench.piped("list -vv --api-key-file -", API_KEY).fails(4).says("no such key: ***");
    let add = format!("profile add new --api-url {url} --api-key-file {file} -vv");
    bench.run(&add).fails(4).says("no such key: ***");
}

/// Words that results are made of are never masked: a service's status was taken for one, whatever
/// it held.
#[test]
fn a_service_that_says_a_secret_for_a_status() {
    each(FORMATS, |format| {
        let bench = Bench::new();
        bench.service.add("out", json!({"remote_url": "s3://bucket-one/", "anonymous": true}));
        let told = format!("FAILURE by {API_KEY}");
        let check = json!({"id": "c1", "status": told, "created_at": "2026-01-02T03:04:05Z"});
        bench.service.fault("GET", "connection-check", Fault::status(200, check).always());
        // The harness looks for the key after every run.
        let done = bench.run(&format!("test out --last -o {format}"));
        assert!(format == "id" || done.stdout.contains("out"), "{done:?}");
    });
}
