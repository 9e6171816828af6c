//! The only writer to standard output and standard error: results to the one, all else to the
//! other, no secret to either, and nothing that could steer a terminal.

mod blocks;
mod clean;
mod column;
mod connector;
mod document;
mod failure;
pub(crate) mod manual;
mod messages;
mod options;
mod plan;
mod preflight;
mod progress;
mod render;
mod repeat;
mod table;
mod text;
mod unblocked;
mod yaml;

pub(crate) use crate::domain::format::{Color, Format};

pub(crate) use column::{Column, Rendering, Shape};
pub(crate) use connector::Shown;
pub(crate) use messages::Output;
pub(crate) use options::OutputOptions;
pub use options::Terminals;
pub(crate) use table::Tone;
