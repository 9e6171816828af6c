//! The certificates of a system's bundle. The reader that TLS brings takes the care that private
//! keys need, twenty instructions a byte: of two hundred kilobytes that is twice what all the rest of
//! a short command takes.

use memchr::memmem;
use rustls::pki_types::CertificateDer;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// What stands between the marks; what is no Base64 is left out.
pub(super) fn certificates(pem: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    memmem::find_iter(pem, BEGIN).filter_map(|at| {
        let text = &pem[at + BEGIN.len()..];
        let text = &text[..memmem::find(text, END)?];
        base64_simd::forgiving_decode_to_vec(text).ok().map(CertificateDer::from)
    })
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
        let bundle = format!("# One\n{one}\n\nOther, as Windows writes it:\r\n{on_windows}");
        let theirs = CertificateDer::pem_slice_iter(bundle.as_bytes());
        let theirs: Vec<_> = theirs.map(|one| one.expect("a certificate")).collect();
        assert_eq!(theirs.len(), 2);
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
