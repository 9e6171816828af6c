//! A Python with the packages of a `requirements.txt`, installed once into the target folder. Shared
//! by the tests against peers, those against AWS's stand-in, and the benchmarks.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PEERS: &str = include_str!("requirements.txt");

/// The oldest Python that the SDK takes.
const OLDEST: &str = "import sys; sys.exit(sys.version_info < (3, 11))";

/// The path of a Python that has the peers; the error says in words what is missing.
pub(crate) fn with_peers() -> Result<PathBuf, String> {
    with("peers", PEERS)
}

/// The same with other packages, by the name of their folder.
pub(crate) fn with(name: &str, wanted: &str) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let broken = |error: std::io::Error| format!("cannot use {}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(broken)?;
    // Tests run side by side, and install once.
    let lock = File::create(folder.join("lock")).map_err(broken)?;
    lock.lock().map_err(broken)?;
    let venv = folder.join("venv");
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let installed = folder.join("installed.txt");
    let is = fs::read_to_string(&installed).unwrap_or_default();
    if is == wanted && run(&python, ["-c", OLDEST]).is_ok() {
        return Ok(python);
    }
    let _ = fs::remove_file(&installed);
    make(&venv)?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, wanted).map_err(broken)?;
    let quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2"];
    let mut install: Vec<&OsStr> = ["-m", "pip", "install"].map(OsStr::new).into();
    install.extend(quiet.map(OsStr::new));
    install.extend([OsStr::new("--requirement"), requirements.as_os_str()]);
    run(&python, install).map_err(|words| format!("pip cannot install the {name}: {words}"))?;
    fs::write(&installed, wanted).map_err(broken)?;
    Ok(python)
}

/// Makes a virtual environment; Debian's Python lacks `venv` where its package is not installed.
fn make(venv: &Path) -> Result<(), String> {
    let names = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"];
    let found = names.into_iter().find(|name| run(name, ["-c", OLDEST]).is_ok());
    let python = found.ok_or("no Python 3.11 or newer (python3)")?;
    let venv = venv.as_os_str();
    let by = |module: &str| {
        run(python, ["-m", module, "--clear"].map(OsStr::new).into_iter().chain([venv]))
    };
    by("venv")
        .or_else(|words| by("virtualenv").map_err(|_| words))
        .map_err(|words| format!("{python} cannot make a virtual environment: {words}"))
}

/// Runs to the end; the error is the last line that the program said.
fn run(
    program: impl AsRef<OsStr>,
    args: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<(), String> {
    let ran = Command::new(program).args(args).stdin(Stdio::null()).output();
    let ran = ran.map_err(|error| error.to_string())?;
    if ran.status.success() {
        return Ok(());
    }
    let said = [ran.stderr, ran.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    Err(last.map_or_else(|| ran.status.to_string(), str::to_owned))
}
