//! The manual pages, written from the command tree.

use std::io;

use clap::Command;
use clap_mangen::roff::{Roff, bold, roman};

fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The pages of a command and all below it, each with its file's name.
pub(crate) fn pages(command: &Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut pages = Vec::new();
    add_pages(command, false, &mut pages)?;
    Ok(pages)
}

fn add_pages(command: &Command, below: bool, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    pages.push((format!("{}.1", name(command)), page(command, below)?));
    for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
        add_pages(one, true, pages)?;
    }
    Ok(())
}

/// A command's page; `below` the root, the flags that every command has are only referred to.
pub(crate) fn page(command: &Command, below: bool) -> io::Result<Vec<u8>> {
    let topic = command.is_hide_set();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace('\n', " ");
    let shown = command.clone().mut_args(|arg| {
        let global = below && arg.get_help_heading() == Some("Global options");
        let hidden = arg.is_hide_set();
        arg.hide(hidden || global || topic)
    });
    let man = clap_mangen::Man::new(shown).title(name(command)).manual("uns3 manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    if topic {
        let text = command.get_long_about().map(ToString::to_string).unwrap_or_default();
        literal("DESCRIPTION", &text).to_writer(&mut page)?;
        return Ok(page);
    }
    let (program, rest) = usage
        .split_once(" [")
        .map_or((usage.as_str(), String::new()), |parts| (parts.0, format!(" [{}", parts.1)));
    Roff::new()
        .control("SH", ["SYNOPSIS"])
        .text([bold(program), roman(rest)])
        .to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|one| !one.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    let end = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let (notes, examples) = end.split_once("Examples:\n").unwrap_or((&end, ""));
    for (title, text) in [("NOTES", notes.trim_end()), ("EXAMPLES", examples)] {
        if !text.is_empty() {
            literal(title, text).to_writer(&mut page)?;
        }
    }
    let others = "uns3(1), uns3-environment(1), uns3-exit-codes(1)";
    let see = match below {
        true => format!("The options that every command has are in uns3(1). {others}"),
        false => others.to_owned(),
    };
    Roff::new().control("SH", ["SEE ALSO"]).text([roman(see)]).to_writer(&mut page)?;
    Ok(page)
}

/// A section whose lines stay as they are.
fn literal(title: &str, text: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [title]).control("nf", []);
    for line in text.lines() {
        section.text([roman(line)]);
    }
    section.control("fi", []);
    section
}
