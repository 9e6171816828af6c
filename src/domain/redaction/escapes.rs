//! A text as what reads it would see it: escapes of JSON, URLs and HTML taken off, so that a secret
//! is found however it was written. Python's `quote` leaves slashes alone and .NET writes a plus as
//! `\u002B`: to list all spellings of a secret is to miss one.

use memchr::memchr3;

/// Takes off one escape at the start of a text: its length, and the character; `None` where none is.
type Decoder = fn(&[u8]) -> Option<(usize, char)>;

/// How often a text is read again after something was taken off: JSON in JSON, a URL in either.
const LAYERS: usize = 3;

/// Whether a text may hold any escape.
pub(super) fn may_stand_in(text: &str) -> bool {
    memchr3(b'\\', b'%', b'&', text.as_bytes()).is_some()
}

/// Gives each reading of a text that differs from it: its bytes, and for each of these, and for the
/// end, where in the text it came from. One kind of escape at a time, for secrets that look escaped
/// themselves, and then all kinds, layer by layer.
pub(super) fn each_reading(text: &str, mut look: impl FnMut(&[u8], &[u32])) {
    if !may_stand_in(text) {
        return;
    }
    let has = |sign| text.as_bytes().contains(&sign);
    let kinds: [(u8, Decoder); 3] = [(b'\\', backslash), (b'%', percent), (b'&', html)];
    let present: Vec<Decoder> =
        kinds.into_iter().filter(|(sign, _)| has(*sign)).map(|(_, decoder)| decoder).collect();
    // Offsets are held in 32 bits; no text that is shown comes near.
    if present.is_empty() || u32::try_from(text.len()).is_err() {
        return;
    }
    if present.len() > 1 {
        for decoder in &present {
            if let Some(reading) = Reading::of(text.as_bytes(), None, &[*decoder]) {
                look(&reading.bytes, &reading.sources);
            }
        }
    }
    let mut last = Reading::of(text.as_bytes(), None, &present);
    for _ in 0..LAYERS {
        let Some(reading) = last else { return };
        look(&reading.bytes, &reading.sources);
        last = Reading::of(&reading.bytes, Some(&reading.sources), &[backslash, percent, html]);
    }
}

struct Reading {
    bytes: Vec<u8>,
    sources: Vec<u32>,
}

impl Reading {
    /// Reads bytes once; `None` where no escape is in them.
    fn of(from: &[u8], sources: Option<&[u32]>, decoders: &[Decoder]) -> Option<Self> {
        let source = |at: usize| sources.map_or(at as u32, |sources| sources[at]);
        let decode = |at: usize| match from[at] {
            b'\\' | b'%' | b'&' => decoders.iter().find_map(|decoder| decoder(&from[at..])),
            _ => None,
        };
        let first = (0..from.len()).find(|at| decode(*at).is_some())?;
        let mut reading =
            Self { bytes: from[..first].to_vec(), sources: (0..first).map(source).collect() };
        let mut at = first;
        while at < from.len() {
            let (length, start) = (reading.bytes.len(), source(at));
            match decode(at) {
                Some((taken, c)) => {
                    // A percent escape is a byte, be it of a longer character or not.
                    match (from[at], u8::try_from(c)) {
                        (b'%', Ok(byte)) => reading.bytes.push(byte),
                        _ => reading.bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    }
                    at += taken;
                }
                None => {
                    reading.bytes.push(from[at]);
                    at += 1;
                }
            }
            reading.sources.resize(reading.sources.len() + reading.bytes.len() - length, start);
        }
        reading.sources.push(source_end(from, sources));
        Some(reading)
    }
}

fn source_end(from: &[u8], sources: Option<&[u32]>) -> u32 {
    sources.and_then(|sources| sources.last().copied()).unwrap_or(from.len() as u32)
}

fn hex(digits: &[u8]) -> Option<u32> {
    let all = digits.iter().all(u8::is_ascii_hexdigit);
    all.then(|| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())?
}

/// `\/`, `\"`, `\\`, `\'`, `\n`, `\u002B`, `\x2b`, as JSON, JavaScript and Python write them.
fn backslash(text: &[u8]) -> Option<(usize, char)> {
    match text {
        [b'\\', b'u', rest @ ..] => {
            let unit = |at: usize| hex(rest.get(at..at + 4)?);
            let high = unit(0)?;
            if let (0xd800..0xdc00, Some([b'\\', b'u'])) = (high, rest.get(4..6)) {
                let low = unit(6).filter(|low| (0xdc00..0xe000).contains(low))?;
                let c = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Some((12, char::from_u32(c)?));
            }
            Some((6, char::from_u32(high)?))
        }
        [b'\\', b'x', rest @ ..] => Some((4, char::from_u32(hex(rest.get(..2)?)?)?)),
        [b'\\', b'n', ..] => Some((2, '\n')),
        [b'\\', b't', ..] => Some((2, '\t')),
        [b'\\', c @ (b'/' | b'"' | b'\\' | b'\''), ..] => Some((2, char::from(*c))),
        _ => None,
    }
}

/// `%2B` and `%2b`.
fn percent(text: &[u8]) -> Option<(usize, char)> {
    match text {
        [b'%', rest @ ..] => Some((3, char::from_u32(hex(rest.get(..2)?)?)?)),
        _ => None,
    }
}

/// `&amp;`, `&#43;`, `&#x2F;` and their like.
fn html(text: &[u8]) -> Option<(usize, char)> {
    const NAMED: [(&[u8], char); 8] = [
        (b"&amp;", '&'),
        (b"&lt;", '<'),
        (b"&gt;", '>'),
        (b"&quot;", '"'),
        (b"&apos;", '\''),
        (b"&plus;", '+'),
        (b"&sol;", '/'),
        (b"&equals;", '='),
    ];
    if let Some((name, c)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((name.len(), *c));
    }
    // The longest number is that of the last character, with zeros before it at the worst.
    let end = text.iter().take(12).position(|byte| *byte == b';')?;
    let number = std::str::from_utf8(text.get(..end)?.strip_prefix(b"&#")?).ok()?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    Some((end + 1, char::from_u32(code.ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each reading is shorter than what it was read from, and there are few of them, however the
    /// escapes of one kind stand in those of another.
    #[test]
    fn a_text_is_read_a_few_times_whatever_stands_in_it() {
        let pieces = [
            "%",
            "%25",
            "%2525",
            "%25252525252525252525252525",
            "\\",
            "\\\\",
            "\\u005c",
            "\\u005cu005c",
            "&",
            "&amp;",
            "&amp;amp;amp;",
            "&#38;#38;",
            "&#0000000",
            "%5Cu0026",
            "&#x5C;u0025",
            "%26amp;%5c",
            "\\ud800",
            "%2",
            "\\u",
            "a",
        ];
        let (kinds, readings) = (3, LAYERS);
        for piece in pieces {
            let text = piece.repeat(20_000);
            let mut read = Vec::new();
            each_reading(&text, |bytes, sources| {
                assert_eq!(sources.len(), bytes.len() + 1);
                read.push(bytes.len());
            });
            assert!(read.len() <= kinds + readings, "{piece:?}: read {} times", read.len());
            assert!(read.iter().all(|length| *length < text.len()), "{piece:?}: {read:?}");
        }
    }
}
