//! What watches tell a monitor, in the text of OpenMetrics.
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
    /// The profile, where several are watched.
    pub profile: Option<String>,
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

/// A family of one sample a watch: its name, what it tells, and its value.
type Gauge = (&'static str, &'static str, fn(&Metrics) -> f64);

/// The exposition of all watches of a process, as of now.
pub fn text(watches: &[Metrics], now: Timestamp) -> String {
    let ends: usize = watches.iter().map(|one| one.ends.len()).sum();
    let mut text = String::with_capacity(1024 + 160 * ends);
    let name = "uns3_connector_expiry_seconds";
    let help = "Seconds until the connector's credentials end, negative once they have.";
    family(&mut text, name, "gauge", help);
    for one in watches {
        for ((connector, id), end) in one.ends.iter() {
            let left = end.duration_since(now).as_secs_f64();
            sample(&mut text, name, one, &[("connector", connector), ("id", id)], left);
        }
    }
    let help = "Connectors that were given new credentials, or could not be.";
    family(&mut text, "uns3_rotations", "counter", help);
    for one in watches {
        for (outcome, count) in [("rotated", one.rotated), ("failed", one.failed)] {
            let labels = [("outcome", outcome)];
            sample(&mut text, "uns3_rotations_total", one, &labels, count as f64);
        }
    }
    let gauges: [Gauge; 3] = [
        (
            "uns3_last_success_timestamp_seconds",
            "When a look last ended with all renewed that was due; 0 before the first.",
            |one| seconds(one.last_success),
        ),
        ("uns3_next_look_timestamp_seconds", "When the connectors are looked at again.", |one| {
            seconds(one.next_look)
        }),
        (
            "uns3_leader",
            "Whether this watch is the one that rotates (1), or stands by (0).",
            |one| f64::from(u8::from(one.leader)),
        ),
    ];
    for (name, help, value) in gauges {
        family(&mut text, name, "gauge", help);
        watches.iter().for_each(|one| sample(&mut text, name, one, &[], value(one)));
    }
    text + "# EOF\n"
}

fn seconds(time: Option<Timestamp>) -> f64 {
    time.map_or(0.0, |time| time.as_millisecond() as f64 / 1e3)
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string never fails.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn sample(text: &mut String, name: &str, of: &Metrics, labels: &[(&str, &str)], value: f64) {
    let profile = of.profile.as_deref().map(|profile| ("profile", profile));
    let labels = profile.iter().chain(labels);
    let labels: Vec<String> =
        labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let labels = match labels.as_slice() {
        [] => String::new(),
        labels => format!("{{{}}}", labels.join(",")),
    };
    let _ = writeln!(text, "{name}{labels} {value}");
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
        let text = text(&[metrics], now);
        let line = r#"uns3_connector_expiry_seconds{connector="a\"b\\c\nd",id="id"} -1.5"#;
        assert!(text.lines().any(|one| one == line), "{text}");
        assert!(text.ends_with("\n# EOF\n"));
    }

    #[test]
    fn samples_of_several_watches_stand_together_and_name_their_profiles() {
        let of = |profile: &str| Metrics { profile: Some(profile.into()), ..Metrics::default() };
        let text = text(&[of("one"), of("t\"wo")], Timestamp::UNIX_EPOCH);
        assert_eq!(text.matches("# TYPE uns3_leader gauge").count(), 1);
        let lines = "uns3_leader{profile=\"one\"} 0\nuns3_leader{profile=\"t\\\"wo\"} 0\n";
        assert!(text.contains(lines), "{text}");
        let line = "uns3_rotations_total{profile=\"one\",outcome=\"failed\"} 0\n";
        assert!(text.contains(line), "{text}");
    }
}
