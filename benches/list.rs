//! Whole processes side by side: `uns3 list`, `curl` with the same request, and the official Python
//! SDK, each over TLS on loopback with the same trust store: the system's roots and the server's. And
//! uns3 with the trust store that it finds by itself, as most users run it.
//!
//! It prints, and asserts nothing. Each figure is a median; proportions are paired run by run, since
//! a machine drifts. The SDK's Python is that of the peers' tests, or `UNS3_BENCH_PYTHON`.
#![allow(clippy::print_stdout)]

#[path = "list/measure.rs"]
mod measure;
#[path = "../tests/peers/python.rs"]
mod python;
#[path = "list/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use measure::{Sample, median};
use server::{KEY, Server};

/// How many connectors are listed, and how often; the SDK takes only the first few rounds.
const SIZES: [(usize, usize); 3] = [(1, 40), (100, 40), (10_000, 20)];
const ROUNDS_OF_SDK: usize = 5;

/// The shortest program of the SDK that prints what `uns3 list` prints.
const SDK: &str = "\
import sys
from unstructured_client import UnstructuredClient

client = UnstructuredClient(api_key_auth=sys.argv[2], server_url=sys.argv[1])
answer = client.destinations.list_destinations(request={'destination_type': 's3'})
for one in answer.response_list_destinations:
    print(one.name, one.id, 'destination', one.type, one.config['remote_url'], sep='\\t')
";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if let [_, flag, folder, count] = args.as_slice()
        && flag == server::FLAG
    {
        return server::serve(Path::new(folder), count.parse()?);
    }
    let folder = tempfile::tempdir()?;
    let roots = server::certificates(folder.path())?;
    let sdk = sdk();
    println!(
        "| connectors | program | wall | CPU | memory | of curl's wall | CPU | memory | of the SDK's wall | CPU | memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (count, rounds) in SIZES {
        let server = Server::start(folder.path(), count)?;
        let bench = Bench { folder: folder.path(), roots: &roots, url: &server.url };
        bench.run(count, rounds, sdk.as_deref())?;
    }
    println!("\nRoots: {}.", roots.origin);
    Ok(())
}

/// A Python that has the SDK, or a word on why there is none.
fn sdk() -> Option<PathBuf> {
    if let Some(python) = std::env::var_os("UNS3_BENCH_PYTHON") {
        return Some(python.into());
    }
    python::with_peers().map_err(|reason| println!("without the SDK: {reason}\n")).ok()
}

/// What is compared: its name, and how it is called.
type Program<'a> = (&'static str, Box<dyn Fn() -> Command + 'a>);

struct Bench<'a> {
    folder: &'a Path,
    roots: &'a server::Roots,
    url: &'a str,
}

impl Bench<'_> {
    fn run(&self, count: usize, rounds: usize, sdk: Option<&Path>) -> Result<()> {
        let mut programs: Vec<Program<'_>> = vec![
            ("uns3 list", Box::new(|| self.uns3())),
            ("uns3 list, default trust store", Box::new(|| self.by_default())),
            ("uns3 list -o json", Box::new(|| self.as_json())),
        ];
        if Command::new("curl").arg("--version").output().is_ok() {
            programs.push(("curl", Box::new(|| self.curl())));
        }
        let mut samples: Vec<Vec<Sample>> = programs.iter().map(|_| Vec::new()).collect();
        let mut python = Vec::new();
        // What runs after a larger program finds the caches full of that: chance decides which does.
        let mut order: Vec<usize> = (0..programs.len()).collect();
        let mut chance = fastrand::Rng::with_seed(1);
        self.sample(self.uns3())?;
        for round in 0..rounds {
            chance.shuffle(&mut order);
            for at in &order {
                samples[*at].push(self.sample(programs[*at].1())?);
            }
            if let Some(sdk) = sdk.filter(|_| round < ROUNDS_OF_SDK) {
                python.push(self.sample(self.sdk(sdk))?);
            }
        }
        let curl = programs.iter().position(|(name, _)| *name == "curl");
        let others = [curl.map_or(&[][..], |at| &samples[at]), &python];
        for ((name, _), samples) in programs.iter().zip(&samples) {
            row(count, name, samples, others);
        }
        row(count, "Python SDK", &python, others);
        Ok(())
    }

    fn sample(&self, command: Command) -> Result<Sample> {
        let program = command.get_program().to_owned();
        measure::run(command).with_context(|| format!("{} {}", program.display(), self.url))
    }

    fn uns3(&self) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_uns3"));
        command.arg("list").env("UNSTRUCTURED_API_URL", self.url).env("UNSTRUCTURED_API_KEY", KEY);
        command
    }

    fn as_json(&self) -> Command {
        let mut command = self.uns3();
        command.args(["-o", "json"]);
        command
    }

    /// With the system's roots, wherever they are, and the server's beside them.
    fn by_default(&self) -> Command {
        let mut command = self.uns3();
        command.env_remove("SSL_CERT_FILE").arg("--ca-file").arg(&self.roots.own);
        command
    }

    fn curl(&self) -> Command {
        let mut command = self.command("curl");
        command.args(["--silent", "--show-error", "--fail", "--cacert"]).arg(&self.roots.bundle);
        command.args(["--header", &format!("unstructured-api-key: {KEY}")]);
        command.arg(format!("{}/api/v1/destinations/?destination_type=s3", self.url));
        command
    }

    fn sdk(&self, python: &Path) -> Command {
        let mut command = self.command(python);
        command.args(["-W", "ignore", "-c", SDK, self.url, KEY]);
        command
    }

    /// The same trust store for all, and nothing of the user's own.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for name in ["SSL_CERT_DIR", "UNS3_PROFILE", "UNS3_SANDBOX", "CURL_CA_BUNDLE"] {
            command.env_remove(name);
        }
        command.env("UNS3_CONFIG_DIR", self.folder.join("config"));
        command.env("SSL_CERT_FILE", &self.roots.bundle);
        command.env("REQUESTS_CA_BUNDLE", &self.roots.bundle);
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        command
    }
}

/// A program's figures, and what part they are of each of the others', run by run.
fn row(count: usize, program: &str, samples: &[Sample], others: [&[Sample]; 2]) {
    if samples.is_empty() {
        return;
    }
    let cell = |of: fn(&Sample) -> f64, unit: &str| {
        let value = median(samples.iter().map(of));
        if value > 0.0 { format!("{value:.1} {unit}") } else { "-".into() }
    };
    let part = |others: &[Sample], of: fn(&Sample) -> f64| {
        let pairs = samples.iter().zip(others).map(|(one, other)| of(one) / of(other));
        let part = median(pairs);
        if part.is_finite() { format!("{part:.3}") } else { "-".into() }
    };
    let (wall, cpu, memory) = (Sample::wall, Sample::cpu, Sample::memory);
    let parts = others.map(|other| [wall, cpu, memory].map(|of| part(other, of)).join(" | "));
    println!(
        "| {count} | {program} | {} | {} | {} | {} |",
        cell(wall, "ms"),
        cell(cpu, "ms"),
        cell(memory, "MiB"),
        parts.join(" | "),
    );
}
