//! Results on their way out in blocks: the lines, the JSON and the YAML of ten thousand items are never
//! one text.

use std::fmt::Display;
use std::io::{self, Write};

use super::messages::Output;
use super::text::escaped;
use crate::error::{Error, Result};

/// So many bytes go out at a time, at least. What fails before that many have come leaves nothing
/// written.
pub(super) const BLOCK: usize = 64 << 10;

/// While it lives, a part of a result is out: warnings come after the rest, not in the middle of it.
pub(super) struct Holding<'a>(&'a Output);

impl Output {
    pub(super) fn hold_warnings(&self) -> Holding<'_> {
        self.held.replace(Some(Vec::new()));
        Holding(self)
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        let held = self.0.held.take();
        held.into_iter().flatten().for_each(|text| self.0.alarm(&text));
    }
}

/// Takes JSON or YAML, and writes it with what steers a terminal escaped.
pub(super) struct Blocks<'a> {
    output: &'a Output,
    is_json: bool,
    block: Vec<u8>,
    holding: Option<Holding<'a>>,
    failed: Option<Error>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(output: &'a Output, is_json: bool) -> Self {
        Self { output, is_json, block: Vec::new(), holding: None, failed: None }
    }

    /// Writes the rest, after what came of writing before.
    pub(super) fn end(mut self, written: Result<(), impl Display>) -> Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => written.map_err(failed).and_then(|()| self.send()),
        }
    }

    #[cold]
    fn full(&mut self) -> io::Result<()> {
        let output = self.output;
        self.holding.get_or_insert_with(|| output.hold_warnings());
        self.send().map_err(|error| {
            self.failed = Some(error);
            io::Error::other("a block could not be written")
        })
    }

    fn send(&mut self) -> Result<()> {
        // Nothing but whole texts is ever written to it.
        let text = String::from_utf8(std::mem::take(&mut self.block)).map_err(failed)?;
        let text = escaped(text, self.is_json);
        self.output.text(&text)?;
        self.block = text.into_bytes();
        self.block.clear();
        Ok(())
    }
}

impl Write for Blocks<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    /// A sign or a blank at a time, millions of them: each is to be a store, and no call.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.block.extend_from_slice(bytes);
        match self.block.len() < BLOCK {
            true => Ok(()),
            false => self.full(),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The error of a result that cannot be written.
pub(super) fn failed(error: impl Display) -> Error {
    anyhow::anyhow!("cannot write the result: {error}").into()
}
