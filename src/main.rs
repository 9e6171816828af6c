//! The adapter between the operating system and [`uns3::run`].

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use uns3::context::System;
use uns3::output::Terminals;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // Only where: what a panic says could hold a secret.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let _ = io::Write::write_fmt(
            &mut io::stderr(),
            format_args!("error: uns3 has a bug, at {place}; please report it\n"),
        );
        std::process::exit(1);
    }));
    let system = System {
        environment: std::env::vars_os().collect(),
        stdin: Box::new(io::stdin()),
        stdout: Box::new(io::stdout()),
        stderr: Box::new(io::stderr()),
        terminals: Terminals {
            stdin: io::stdin().is_terminal(),
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
            columns: console::Term::stdout().size_checked().map(|(_, columns)| columns.into()),
        },
        now: jiff::Timestamp::now,
    };
    ExitCode::from(uns3::run(std::env::args_os().collect(), system))
}
