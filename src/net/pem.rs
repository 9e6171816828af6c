//! The certificates of a system's bundle. The reader that TLS brings takes the care that private
//! keys need, twenty instructions a byte: of two hundred kilobytes that is twice what all the rest of
//! a short command takes.

use memchr::memchr_iter;
use memchr::memmem::{self, Finder};
use rustls::pki_types::CertificateDer;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// What stands between the marks; what is no Base64 is left out.
pub(super) fn certificates(pem: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    let end = Finder::new(END);
    let texts = memmem::find_iter(pem, BEGIN).map_while(move |at| {
        let text = &pem[at + BEGIN.len()..];
        // Where none ends any more, the rest is looked through once.
        end.find(text).map(|length| on_one_line(&text[..length]))
    });
    texts.filter_map(|text| base64_simd::forgiving_decode_to_vec(&text).ok().map(Into::into))
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
