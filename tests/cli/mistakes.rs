//! Mistakes on the command line: each is told in uns3's own words, with what was meant, and nothing
//! is sent.

use crate::harness::{Bench, each};

#[test]
fn a_mistake_names_what_was_meant() {
    let bench = Bench::new();
    let cases = [
        ("create x --url s3://b/", "--remote-url"),
        ("create x --bucket b", "--remote-url s3://BUCKET"),
        ("create x --folder b", "--remote-url s3://bucket/FOLDER"),
        ("create x --json", "-o json"),
        ("list --format json", "-o table"),
        ("list --csv", "-o csv"),
        ("list --mtach x", "--match"),
        ("list --name x", "--match GLOB"),
        ("list --type source", "--kind source"),
        ("get --name x", "stands alone"),
        ("get --id x", "stands alone"),
        ("get x --bucket b", "list --bucket"),
        ("get", "name or id"),
        ("update", "name or id"),
        ("test", "--all"),
        ("rotate", "--all"),
        ("delete", "--all --match"),
        ("test a --all", "give one"),
        ("describe x", "uns3 get"),
        ("check x", "uns3 test"),
        ("remove x", "uns3 delete"),
        ("edit x", "uns3 update"),
        ("renew x", "uns3 rotate"),
        ("login", "uns3 profile add"),
        ("whoami", "uns3 doctor"),
        ("creat x", "uns3 create?"),
        ("profile ad x", "uns3 profile add?"),
        ("list x", "no argument"),
        ("create a b", "no argument"),
        ("list -o xml", "did you mean yaml?"),
        ("list --timeout soon", "90s"),
        ("list --nothing-like-it", "uns3 list --help"),
        ("nothing-like-it", "uns3 --help"),
        ("create x --api-key k", "--api-key-file"),
        ("test x --wait", "--no-wait"),
    ];
    each(cases, |(line, meant)| {
        let done = bench.run(line);
        done.fails(2).says(meant);
        for misleading in ["tip:", "unexpected argument", "Usage:", "try '--help'"] {
            assert!(!done.stderr.contains(misleading), "{line}: {done:?}");
        }
        let error = bench.run(&format!("{line} -o json")).error();
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{line}: {error}");
    });
    assert!(bench.service.lines().is_empty());
}

/// A hint that left `--sandbox` out spoke of another service when it was pasted.
#[test]
fn commands_in_hints_repeat_the_flags_that_name_the_service() {
    let bench = Bench::new();
    let url = &bench.service.url.clone();
    bench
        .run(&format!("get gone --api-url {url}"))
        .fails(5)
        .says(&format!("uns3 --api-url {url} list"));
    bench.run("get gone").fails(5).says("uns3 list");
}

/// On Windows the file is uns3.exe: hints then spoke of no command, but of uns3 as a whole.
#[test]
fn the_name_of_the_file_is_in_no_message() {
    for file in ["/opt/uns3-1.0/uns3-1.0", "uns3.exe"] {
        let parsed = uns3::cli::parse([file, "bucket", "policy", "x"].map(Into::into).to_vec());
        let said = parsed.unwrap_err().render().to_string();
        assert!(said.contains("Usage: uns3 bucket policy"), "{said}");
        assert!(!said.contains(file), "{said}");
    }
}
