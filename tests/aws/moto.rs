//! moto as a process, which ends with this one: it watches its standard input.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::python;

const SERVE: &str = "\
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
";

/// Its address; `None`: it cannot be had here, which was said.
pub(crate) fn address() -> Option<&'static str> {
    static MOTO: OnceLock<Option<(String, Child)>> = OnceLock::new();
    let moto = MOTO.get_or_init(|| python().map(start));
    moto.as_ref().map(|(address, _)| address.as_str())
}

/// A Python that has moto, the AWS CLI and the linters; `None` as above.
pub(crate) fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found =
        PYTHON.get_or_init(|| match python::with("moto", include_str!("requirements.txt")) {
            Ok(python) => Some(python),
            Err(reason) if in_ci() => panic!("moto cannot be skipped in CI: {reason}"),
            Err(reason) => {
                // Not by a macro: the test harness would swallow it.
                let _ = writeln!(std::io::stderr(), "aws: tests with moto SKIPPED, {reason}");
                None
            }
        });
    found.as_deref()
}

fn start(python: &Path) -> (String, Child) {
    let mut command = Command::new(python);
    command.args(["-B", "-W", "ignore", "-c", SERVE]);
    for name in ["AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "PYTHONPATH"] {
        command.env_remove(name);
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut port = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let address = format!("127.0.0.1:{}", port.trim());
    TcpStream::connect(&address).unwrap();
    (address, process)
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()))
}
