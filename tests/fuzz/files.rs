//! What lies on disk, and may be damaged or somebody else's: profiles and the ledger.

use std::fs;
use std::path::Path;

use proptest::prop_assert;
use serde_json::json;

use crate::bench::{API_KEY, Bench, ID};
use crate::fuzz;
use crate::mutation::{Bytes, mutated_bytes};

/// Writes a file that its owner alone can read, as uns3 wants it.
fn write(path: &Path, content: &[u8]) {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.write(true).create(true).truncate(true).open(path);
    std::io::Write::write_all(&mut file.unwrap(), content).unwrap();
}

#[test]
fn profiles() {
    let good = format!(
        "current = \"work\"\n\n[profiles.work]\napi_url = \"https://example.com\"\napi_key = '{API_KEY}'\n\n\
         [profiles.\"a b\"]\napi_key_command = \"exit 1\" # {API_KEY}\n"
    );
    let bench = Bench::new();
    let path = bench.folder().join("config.toml");
    fuzz(
        mutated_bytes(vec![good, format!("[profiles]\nx = {{ api_key = \"{API_KEY}\" }}\n")]),
        |Bytes(content)| {
            write(&path, &content);
            bench.run("profile list -o json")?;
            bench.run("profile show work")?;
            let read = fs::read(&path).unwrap();
            prop_assert!(read == content, "reading changed it");
            bench.run("profile use work")?;
            bench.run("profile remove work --yes -o json").map(drop)
        },
    );
}

#[test]
fn the_ledger() {
    let bench = Bench::new();
    let line = |until: &str| {
        let lease = json!({
            "expires_at": until, "written_at": "2026-01-02T03:04:05Z", "rotated": true,
            "key": "0123456789abcdef", "updated_at": null, "unverified": false,
        });
        format!("\n{}\n", json!({"service": bench.url(), "id": ID, "name": "out", "lease": lease}))
    };
    let list = json!([{
        "id": ID, "name": "out", "type": "s3", "created_at": "2026-01-02T03:04:05Z", "updated_at": null,
        "config": {"remote_url": "s3://bucket-one/", "key": "**********", "secret": "**********"},
    }]);
    bench.answer(vec![("/destinations", 200, list.to_string().into_bytes())]);
    let path = bench.folder().join("ledger.jsonl");
    fuzz(
        mutated_bytes(vec![line("2036-01-02T03:04:05Z") + &line("2026-01-02T03:04:05Z")]),
        |Bytes(content)| {
            write(&path, &content);
            // A memory, not a function: what is damaged is said, and no reason to fail.
            let done = bench.run("status -o json")?;
            prop_assert!(done.code == 0, "{}", done.stderr);
            bench.run("list --columns name,expires_at").map(drop)
        },
    );
}
