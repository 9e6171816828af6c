//! What a failure at S3 means and what to do: a table from what a server or the platform said.
//!
//! What is not in the table is said to be unknown; no cause is guessed.

mod case;
mod cause;
mod causes;
mod codes;
mod connector;
mod denied;
mod reasons;
#[cfg(test)]
mod tests;
mod texts;

use crate::domain::s3::auth::AuthKind;
use crate::domain::s3::symptom::{Obstacle, Symptom};

use cause::Cause;
use texts::{made_out, unknown};

pub(crate) use case::{Case, Operation};
pub(crate) use connector::{case_of, of_check};
pub(crate) use texts::Diagnosis;

/// What the refusal of an operation means.
pub(crate) fn of_symptom(symptom: &Symptom, operation: Operation, case: &Case<'_>) -> Diagnosis {
    let said = symptom.said().to_lowercase();
    let by_words = |cause: &&Cause| cause.words.iter().any(|word| said.contains(word));
    let by_code = |cause: &&Cause| cause.codes.contains(&symptom.code.as_str());
    let region = symptom.region.as_deref();
    let tls = symptom.obstacle == Some(Obstacle::Tls);
    let denied = || denied::of(symptom, operation, case);
    let found = match symptom.obstacle {
        None if symptom.code == "NoSuchKey" && operation == Operation::List => Some(&denied::EMPTY),
        Some(Obstacle::NotS3) => codes::BY_CODE.iter().find(|cause| cause.name == "not_s3"),
        Some(Obstacle::Silence) => causes::BY_WORDS.iter().find(|cause| cause.name == "timeout"),
        _ => causes::BY_WORDS
            .iter()
            .find(by_words)
            .or_else(|| causes::BY_WORDS.iter().find(by_code))
            .or_else(|| codes::BY_CODE.iter().find(by_code))
            .or_else(denied)
            .or_else(|| by_status(symptom.status))
            .or_else(|| codes::BY_CODE.iter().find(by_words))
            .or_else(|| {
                let is_tls = |cause: &&Cause| cause.name == "no_tls";
                causes::BY_WORDS.iter().find(is_tls).filter(|_| tls)
            }),
    };
    match found {
        Some(cause) if cause.name == "unknown_key" && case.lacks_token() => {
            made_out(&reasons::MISSING_TOKEN, Some(operation), region, case, true)
        }
        Some(cause) => made_out(cause, Some(operation), region, case, true),
        None => unknown(case),
    }
}

/// What a reason of the platform's means, in its old words or its new ones.
pub(crate) fn of_reason(reason: &str, case: &Case<'_>) -> Diagnosis {
    let said = reason.to_lowercase();
    let by_words = |cause: &&Cause| cause.words.iter().any(|word| said.contains(word));
    let told = reasons::CERTAIN
        .iter()
        .chain(&causes::BY_WORDS)
        .find(by_words)
        .or_else(|| {
            codes::BY_CODE.iter().filter(|cause| cause.name != "unreachable").find(by_words)
        })
        .or_else(|| {
            let words = ["accessdenied", "access denied", "forbidden", "(403)"];
            words.iter().any(|word| said.contains(word)).then(|| denied::in_general(case))
        });
    if let Some(cause) = told {
        return made_out(cause, None, None, case, true);
    }
    let bare = reasons::BARE.iter().find(by_words);
    let unreachable =
        || codes::BY_CODE.iter().filter(|one| one.name == "unreachable").find(by_words);
    match (bare, unreachable()) {
        // There are no credentials to refuse.
        (Some(cause), _) if cause.name == "refused_by_s3" && case.auth == AuthKind::Anonymous => {
            made_out(&denied::ANONYMOUS_CHECK, None, None, case, false)
        }
        (Some(cause), _) => made_out(cause, None, None, case, false),
        (None, Some(cause)) => made_out(cause, None, None, case, true),
        (None, None) => unknown(case),
    }
}

fn by_status(status: Option<u16>) -> Option<&'static Cause> {
    let name = match status? {
        301 | 308 => "region",
        302 | 307 => "moving",
        405 => "method",
        411 => "length",
        412 => "precondition",
        429 | 503 => "busy",
        500 | 502 | 504 => "server_error",
        501 => "trailers",
        507 => "quota",
        _ => return None,
    };
    codes::BY_CODE.iter().find(|cause| cause.name == name)
}
