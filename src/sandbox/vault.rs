//! Keeps foreign secrets off the disk: a marker is saved in place of each, and only this process
//! knows what it stands for.
//!
//! A marker is random, not a digest, so that nothing on the disk can be guessed at. What is the
//! sandbox's own, and the mask, are saved as they are: a check against the sandbox's own S3 works
//! in every later run.

use super::mask::{MASK, is_sealed, looks_secret, walk};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// The foreign secrets that this process was given.
pub(super) struct Vault {
    own: Vec<String>,
    sealed: Mutex<Vec<(String, Value)>>,
}

impl Vault {
    pub(super) fn new(own: Vec<String>) -> Self {
        Self { own, sealed: Mutex::default() }
    }

    /// Puts a marker in place of every foreign secret; the same secret gets the same marker.
    pub(super) fn seal(&self, value: &mut Value) {
        let mut known = self.sealed.lock().unwrap_or_else(PoisonError::into_inner);
        walk(value, &mut |secret, value| {
            if !(secret || looks_secret(value)) || self.may_be_saved(value) {
                return;
            }
            let marker = known.iter().find(|(_, clear)| clear == value).map(|(m, _)| m.clone());
            let marker = marker.unwrap_or_else(|| {
                let marker = format!("sealed:{}", Uuid::new_v4());
                known.push((marker.clone(), value.clone()));
                marker
            });
            *value = marker.into();
        });
    }

    /// Puts back what the markers stand for; those of an earlier run stay.
    pub(super) fn open(&self, value: &mut Value) {
        let known = self.sealed.lock().unwrap_or_else(PoisonError::into_inner);
        walk(value, &mut |_, value| {
            if let Some((_, clear)) = known.iter().find(|(marker, _)| *marker == *value) {
                *value = clear.clone();
            }
        });
    }

    fn may_be_saved(&self, value: &Value) -> bool {
        value == MASK || is_sealed(value) || self.own.iter().any(|own| value == own)
    }
}
