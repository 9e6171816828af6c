//! `uns3 sandbox reset`: what a sandbox has kept is removed, after a question.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use serde_json::json;

use super::folder::folder;
use crate::context::Context;
use crate::error::{Category, Error, Result};
use crate::ops::runtime;
use crate::output::Format;
use crate::sandbox::{self, Contents};

#[derive(Args, Debug)]
pub(super) struct Reset {
    /// The folder that it kept its state in [default: the state folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    data: Option<PathBuf>,

    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Reset {
    pub(super) fn run(self, context: &Context) -> Result<()> {
        let folder = folder(self.data, context)?;
        let place = folder.display();
        let Some(found) = sandbox::contents(&folder) else { return told(context, &folder, None) };
        if !self.yes {
            let question = format!("Remove the sandbox in {place} ({})?", in_words(&found));
            if !runtime::block_on(context, context.confirm(&question, "--yes"))? {
                context.output.notice("nothing was removed");
                return Ok(());
            }
        }
        match sandbox::reset(&folder)? {
            sandbox::Reset::Nothing => told(context, &folder, None),
            sandbox::Reset::Removed(removed) => told(context, &folder, Some(&removed)),
            sandbox::Reset::InUse => {
                let message = format!("a sandbox runs in {place}: nothing was removed");
                Err(Error::new(Category::Conflict, message).hint("end it first, and try again"))
            }
        }
    }
}

/// Says what was removed, in words or as an object; that is all that a reset has to say.
fn told(context: &Context, folder: &Path, removed: Option<&Contents>) -> Result<()> {
    let place = folder.display();
    if context.output.format() == Format::Json {
        let counts = |removed: &Contents| {
            let Contents { connectors, workflows, objects, .. } = removed;
            json!({ "connectors": connectors, "workflows": workflows, "objects": objects })
        };
        let object = json!({ "folder": place.to_string(), "removed": removed.map(counts) });
        return context.output.text(&format!("{object}\n"));
    }
    context.output.notice(&match removed {
        None => format!("there is nothing to remove: no sandbox was in {place}"),
        Some(removed) => format!("removed the sandbox in {place} ({})", in_words(removed)),
    });
    Ok(())
}

fn in_words(contents: &Contents) -> String {
    let count = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    let objects = count(contents.objects, "object");
    if contents.damaged {
        return format!("a damaged state.json, {objects}");
    }
    let (connectors, workflows) = (contents.connectors, contents.workflows);
    format!("{}, {}, {objects}", count(connectors, "connector"), count(workflows, "workflow"))
}
