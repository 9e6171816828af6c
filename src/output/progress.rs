//! What is waited for, shown on a terminal while it is waited for.

use std::cell::RefCell;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::text::cut;

const SPINNER: &str = "{spinner} {msg} ({elapsed})";
const BAR: &str = "{msg} {bar:20} {pos} of {len} ({elapsed})";

/// What is shown at the moment, if anything is.
#[derive(Default)]
pub(super) struct Progress(RefCell<Option<ProgressBar>>);

impl Progress {
    /// Shows what is waited for, or shows another text, in one line of a terminal so wide.
    pub(super) fn show(&self, text: &str, columns: usize) {
        self.with(|bar| {
            style(bar, SPINNER);
            bar.set_message(cut(text, columns.saturating_sub(14)));
        });
    }

    /// Shows how many of how many are done.
    pub(super) fn show_share(&self, text: &str, done: usize, all: usize) {
        self.with(|bar| {
            style(bar, BAR);
            bar.set_message(text.to_owned());
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        });
    }

    fn with(&self, change: impl FnOnce(&ProgressBar)) {
        let mut shown = self.0.borrow_mut();
        if let Some(bar) = shown.as_ref() {
            return change(bar);
        }
        // Hidden until it is whole: each change is drawn at once.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        change(&bar);
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.enable_steady_tick(Duration::from_millis(120));
        *shown = Some(bar);
    }

    /// Whether anything is shown.
    pub(super) fn is_shown(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Prints above what is shown.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        match self.0.borrow().as_ref() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Clears what is shown.
    pub(super) fn end(&self) {
        if let Some(bar) = self.0.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}

fn style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}
