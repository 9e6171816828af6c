//! The certificates of a system's bundle. The reader that TLS brings takes the care that private
//! keys need, twenty instructions a byte: of two hundred kilobytes that is twice what all the rest of
//! a short command takes.

use memchr::memchr_iter;
use memchr::memmem::{self, Finder};
use rustls::pki_types::CertificateDer;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// Bytes of a text in which the names of nearly every certificate stand.
const BEGINNING: usize = 640;

/// A bundle's certificates; what is no Base64 is left out.
pub(super) fn certificates(pem: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    texts(pem).filter_map(|text| decoded(text).map(Into::into))
}

/// Those of them that hold one of some names. `usual`: only those that hold it in their beginning, where
/// nearly every one does, and to decode no more takes a third of the time.
pub(super) fn certificates_with(
    pem: &[u8],
    names: &[Finder<'_>],
    usual: bool,
) -> impl Iterator<Item = CertificateDer<'static>> {
    let named = |bytes: &Vec<u8>| names.iter().any(|name| name.find(bytes).is_some());
    texts(pem)
        .filter(move |text| !usual || beginning(text).is_some_and(|bytes| named(&bytes)))
        .filter_map(decoded)
        .filter(named)
        .map(Into::into)
}

/// What stands between the marks.
fn texts(pem: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = Finder::new(END);
    memmem::find_iter(pem, BEGIN).map_while(move |at| {
        let text = &pem[at + BEGIN.len()..];
        // Where none ends any more, the rest is looked through once.
        end.find(text).map(|length| &text[..length])
    })
}

/// What a text says; `None`: it is no Base64.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    base64_simd::forgiving_decode_to_vec(&on_one_line(text)).ok()
}

/// What its beginning says.
fn beginning(text: &[u8]) -> Option<Vec<u8>> {
    let line = on_one_line(&text[..text.len().min(BEGINNING)]);
    // Four signs are three bytes, and it may be cut within them.
    base64_simd::forgiving_decode_to_vec(&line[..line.len() & !3]).ok()
}

/// The decoder is fast where no line ends, and seven times slower where one does.
fn on_one_line(text: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(text.len());
    let mut begin = 0;
    for end in memchr_iter(b'\n', text).chain([text.len()]) {
        line.extend_from_slice(text[begin..end].trim_ascii());
        begin = (end + 1).min(text.len());
    }
    line
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;

    use super::*;

    fn certificate(name: &str) -> String {
        let key = rcgen::generate_simple_self_signed([name.to_owned()]);
        key.expect("a certificate").cert.pem()
    }

    #[test]
    fn a_bundle_is_read_as_the_reader_of_tls_reads_it() {
        let (one, other) = (certificate("one.example"), certificate("other.example"));
        let on_windows = other.replace('\n', "\r\n");
        let blanks = one.replacen("\nMII", "\n\n  M I\tI", 1);
        assert_ne!(blanks, one);
        let bundle = format!(
            "# One\n{one}\n\nOther, as Windows writes it:\r\n{on_windows}\nWith blanks:\n{blanks}"
        );
        let theirs = CertificateDer::pem_slice_iter(bundle.as_bytes());
        let theirs: Vec<_> = theirs.map(|one| one.expect("a certificate")).collect();
        assert_eq!(theirs.len(), 3);
        assert_eq!(certificates(bundle.as_bytes()).collect::<Vec<_>>(), theirs);
    }

    #[test]
    fn what_is_broken_is_left_out() {
        let good = certificate("good.example");
        let broken = good.replacen("MII", "M*I", 1);
        let cut = &good[..good.len() / 2];
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let bundle = format!("{broken}{key}{good}{cut}");
        assert_eq!(certificates(bundle.as_bytes()).count(), 1);
        assert_eq!(certificates(b"").count(), 0);
    }
}
