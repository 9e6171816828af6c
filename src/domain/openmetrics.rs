//! What a watch tells a monitor, in the text of OpenMetrics.
//!
//! Source: OpenMetrics 1.0.0, "Text format": each family is described before its samples, a
//! counter's sample has a suffix that its family has not, and the text ends with `# EOF`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use jiff::Timestamp;

/// The media type of [`text`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// When the credentials of connectors end, by name and id: no pair stands there twice, which a
/// monitor would refuse.
pub type Ends = BTreeMap<(String, String), Timestamp>;

/// What is known of a watch.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Of the connectors whose end is known.
    pub ends: Arc<Ends>,
    /// How many connectors were given new credentials.
    pub rotated: u64,
    /// How many times one could not be.
    pub failed: u64,
    /// When a look last ended with all renewed that was due.
    pub last_success: Option<Timestamp>,
    /// When it looks again.
    pub next_look: Option<Timestamp>,
    /// Whether it is the one that rotates.
    pub leader: bool,
}

/// The exposition, as of now.
pub fn text(metrics: &Metrics, now: Timestamp) -> String {
    let mut text = String::with_capacity(1024 + 160 * metrics.ends.len());
    family(
        &mut text,
        "uns3_connector_expiry_seconds",
        "gauge",
        "Seconds until the connector's credentials end, negative once they have.",
    );
    for ((name, id), end) in metrics.ends.iter() {
        let left = end.duration_since(now).as_secs_f64();
        let (name, id) = (escaped(name), escaped(id));
        let labels = format!("{{connector=\"{name}\",id=\"{id}\"}}");
        sample(&mut text, &format!("uns3_connector_expiry_seconds{labels}"), left);
    }
    family(
        &mut text,
        "uns3_rotations",
        "counter",
        "Connectors that were given new credentials, or could not be.",
    );
    for (outcome, count) in [("rotated", metrics.rotated), ("failed", metrics.failed)] {
        let name = format!("uns3_rotations_total{{outcome=\"{outcome}\"}}");
        sample(&mut text, &name, count as f64);
    }
    let seconds =
        |time: Option<Timestamp>| time.map_or(0.0, |time| time.as_millisecond() as f64 / 1e3);
    for (name, help, value) in [
        (
            "uns3_last_success_timestamp_seconds",
            "When a look last ended with all renewed that was due; 0 before the first.",
            seconds(metrics.last_success),
        ),
        (
            "uns3_next_look_timestamp_seconds",
            "When the connectors are looked at again.",
            seconds(metrics.next_look),
        ),
        (
            "uns3_leader",
            "Whether this watch is the one that rotates (1), or stands by (0).",
            f64::from(u8::from(metrics.leader)),
        ),
    ] {
        family(&mut text, name, "gauge", help);
        sample(&mut text, name, value);
    }
    text + "# EOF\n"
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string never fails.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn sample(text: &mut String, name: &str, value: f64) {
    let _ = writeln!(text, "{name} {value}");
}

/// A label's value, in which a quote, a backslash and a line's end would end something else.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_connector_is_called_its_label_stays_one() {
        let now = Timestamp::constant(60, 0);
        let ends = [("a\"b\\c\nd".to_owned(), "id".to_owned())]
            .map(|key| (key, Timestamp::constant(58, 500_000_000)));
        let metrics = Metrics { ends: Arc::new(Ends::from(ends)), ..Metrics::default() };
        let text = text(&metrics, now);
        let line = r#"uns3_connector_expiry_seconds{connector="a\"b\\c\nd",id="id"} -1.5"#;
        assert!(text.lines().any(|one| one == line), "{text}");
        assert!(text.ends_with("\n# EOF\n"));
    }
}
