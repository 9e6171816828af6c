//! Results on their way out in blocks, so that those of ten thousand items are never one text.

use std::fmt::Display;
use std::io::{self, Write};

use super::messages::Output;
use super::text::escaped;
use crate::error::{Error, Result};

/// So many bytes go out at a time, at least. What fails before that many have come leaves nothing
/// written.
pub(super) const BLOCK: usize = 64 << 10;

/// Takes JSON or YAML, and writes it with what steers a terminal escaped.
pub(super) struct Blocks<'a> {
    output: &'a Output,
    is_json: bool,
    block: Vec<u8>,
    failed: Option<Error>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(output: &'a Output, is_json: bool) -> Self {
        Self { output, is_json, block: Vec::new(), failed: None }
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
        self.send().map_err(|error| {
            self.failed = Some(error);
            io::Error::other("a block could not be written")
        })
    }

    fn send(&mut self) -> Result<()> {
        match String::from_utf8(std::mem::take(&mut self.block)) {
            Ok(text) => {
                let text = escaped(text, self.is_json);
                self.output.text(&text)?;
                self.block = text.into_bytes();
                self.block.clear();
            }
            // It ends within a character, whose rest is still to come.
            Err(error) => self.block = error.into_bytes(),
        }
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
