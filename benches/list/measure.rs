//! One run of a program: its time, its CPU and its memory, of itself alone.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use wait4::Wait4;

/// What one run took.
pub(crate) struct Sample {
    wall: Duration,
    cpu: Duration,
    peak: u64,
}

impl Sample {
    /// In milliseconds, from the start to the end.
    pub(crate) fn wall(&self) -> f64 {
        self.wall.as_secs_f64() * 1e3
    }

    /// In milliseconds, of the program and the system for it.
    pub(crate) fn cpu(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e3
    }

    /// The peak, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        self.peak as f64 / f64::from(1 << 20)
    }
}

/// Runs a program to its end; what it prints is thrown away, unless it fails.
pub(crate) fn run(mut command: Command) -> Result<Sample> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn()?;
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut said)?;
    }
    let used = child.wait4()?;
    let wall = started.elapsed();
    ensure!(used.status.success(), "{}: {said}", used.status);
    let usage = used.rusage;
    Ok(Sample { wall, cpu: usage.utime + usage.stime, peak: usage.maxrss })
}

/// The median; not a number where there are none.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
