//! A thousand targets rotated: `uns3 rotate --all` beside the same work by the official Python SDK's
//! asynchronous client, whole processes, on a service that takes 50 ms for each answer. And on the
//! same a manifest of a thousand connectors, planned and applied, and a preflight.
//!
//! It prints, and asserts nothing. The ideal is what the requests take, so many at once, if nobody
//! ever waits for anything else; of a preflight its longest chain, a write and its removal. The SDK's Python is that of the peers' tests, or
//! `UNS3_BENCH_PYTHON`.
#![allow(clippy::print_stdout)]

#[allow(dead_code, reason = "shared")]
#[path = "list/measure.rs"]
mod measure;
#[allow(dead_code, reason = "shared")]
#[path = "../tests/peers/python.rs"]
mod python;
#[path = "rotate/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use measure::{Sample, median};
use server::Server;

const TARGETS: usize = 1000;
const LATENCY: Duration = Duration::from_millis(50);
const AT_ONCE: usize = 16;
const ROUNDS: usize = 3;

/// The same by the SDK: what is listed is written with new credentials, and, if asked to, checked.
const SDK: &str = "\
import asyncio, sys
from unstructured_client import UnstructuredClient

url, verify = sys.argv[1], sys.argv[2] == 'verify'
new = {'key': 'AKIAIOSFODNN7EXAMPLE', 'secret': 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'token': None}

async def main():
    async with UnstructuredClient(api_key_auth='bench-key', server_url=url) as client:
        api, turn = client.destinations, asyncio.Semaphore(16)

        async def call(method, **request):
            async with turn:
                return await method(request=request)

        async def rotate(one):
            config = {**dict(one.config), **new}
            await call(api.update_destination_async, destination_id=one.id,
                       update_destination_connector={'config': config})
            if not verify:
                return
            await call(api.create_connection_check_destinations_async, destination_id=one.id)
            while True:
                await asyncio.sleep(0.5)
                check = await call(api.get_connection_check_destinations_async, destination_id=one.id)
                if check.dag_node_connection_check.status != 'SCHEDULED':
                    return

        listed = await call(api.list_destinations_async, destination_type='s3')
        await asyncio.gather(*map(rotate, listed.response_list_destinations))

asyncio.run(main())
";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    if let [_, flag, targets, latency] = args.as_slice()
        && flag == server::FLAG
    {
        return server::serve(targets.parse()?, latency.parse()?);
    }
    let folder = tempfile::tempdir()?;
    let sdk = sdk();
    println!("{TARGETS} targets, {} ms an answer, {AT_ONCE} at once\n", LATENCY.as_millis());
    println!("| work | program | requests | at once | wall | of the ideal | CPU | memory |");
    println!("|---|---|---|---|---|---|---|---|");
    let server = Server::start(TARGETS, LATENCY)?;
    for verify in [false, true] {
        let work = if verify { "set, verify" } else { "set" };
        row(work, "uns3", &server, ROUNDS, || uns3(folder.path(), &server, verify))?;
        if let Some(sdk) = &sdk {
            row(work, "Python SDK", &server, 1, || by_sdk(sdk, &server, verify))?;
        }
    }
    drop(server);
    // A service without connectors: all are new to it, in every round.
    let server = Server::start(0, LATENCY)?;
    let manifest = manifest(folder.path())?;
    for (work, flag) in [("plan", "--plan"), ("apply", "--yes")] {
        row(work, "uns3", &server, ROUNDS, || {
            let mut command = of_uns3(folder.path(), &server, &["apply", flag, "--quiet"]);
            command.args(["-o", "json", "--concurrency", &AT_ONCE.to_string(), "-f"]);
            command.arg(&manifest);
            command
        })?;
    }
    let endpoint = format!("{}/", server.url());
    let preflight =
        ["preflight", "--remote-url", "s3://bench-bucket/out/", "--endpoint-url", &endpoint];
    row("preflight", "uns3", &server, 5 * ROUNDS, || {
        let mut command = of_uns3(folder.path(), &server, &preflight);
        command.env("AWS_ENDPOINT_URL_STS", server.url());
        command
    })
}

/// A thousand connectors, each in a folder of its own; the file's path.
fn manifest(folder: &Path) -> Result<PathBuf> {
    let connector = |number: usize| {
        format!(
            "  - name: invoices-{number:04}\n    remote_url: s3://bucket-one/out/{number}/\n    \
             credentials: anonymous\n"
        )
    };
    let connectors: String = (1..=TARGETS).map(connector).collect();
    let path = folder.join("manifest.yaml");
    std::fs::write(&path, format!("version: 1\nconnectors:\n{connectors}"))?;
    Ok(path)
}

/// A Python that has the SDK, or a word on why there is none.
fn sdk() -> Option<PathBuf> {
    if let Some(python) = std::env::var_os("UNS3_BENCH_PYTHON") {
        return Some(python.into());
    }
    python::with_peers().map_err(|reason| println!("without the SDK: {reason}\n")).ok()
}

fn uns3(folder: &Path, server: &Server, verify: bool) -> Command {
    let mut command = of_uns3(folder, server, &["rotate", "--all", "--direct", "--quiet"]);
    command.args(["-o", "json", "--concurrency", &AT_ONCE.to_string()]);
    if !verify {
        command.arg("--no-verify");
    }
    command
}

/// uns3 with nothing of the user's own.
fn of_uns3(folder: &Path, server: &Server, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uns3"));
    command.args(args);
    for name in ["UNS3_PROFILE", "UNS3_SANDBOX", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"] {
        command.env_remove(name);
    }
    command.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    command.env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    command.env("UNS3_CONFIG_DIR", folder.join("config"));
    command.env("UNS3_STATE_DIR", folder.join("state"));
    command.env("UNSTRUCTURED_API_URL", server.url()).env("UNSTRUCTURED_API_KEY", "bench-key");
    command
}

fn by_sdk(python: &Path, server: &Server, verify: bool) -> Command {
    let mut command = Command::new(python);
    let what = if verify { "verify" } else { "set" };
    command.args(["-W", "ignore", "-c", SDK, &server.url(), what]);
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
    command
}

fn row(
    work: &str,
    program: &str,
    server: &Server,
    rounds: usize,
    command: impl Fn() -> Command,
) -> Result<()> {
    let mut samples = Vec::new();
    let (mut requests, mut busiest) = (0, 0);
    for _ in 0..rounds {
        samples.push(measure::run(command())?);
        let count = server.count()?;
        requests = count.requests;
        busiest = busiest.max(count.busiest);
    }
    let of = |what: fn(&Sample) -> f64| median(samples.iter().map(what));
    let turns = if work == "preflight" { 2.0 } else { requests as f64 / AT_ONCE as f64 };
    let ideal = turns * LATENCY.as_secs_f64() * 1e3;
    let (wall, cpu, memory) = (of(Sample::wall), of(Sample::cpu), of(Sample::memory));
    println!(
        "| {work} | {program} | {requests} | {busiest} | {wall:.0} ms | {:.3} | {cpu:.0} ms | \
         {memory:.1} MiB |",
        wall / ideal
    );
    Ok(())
}
