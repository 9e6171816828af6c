//! Trust in servers by the certificates of files. Some hundred and fifty are trusted by a system, and
//! to parse them all takes as long as the rest of a short command: only those are parsed that name
//! an issuer of the server's own. Who trusts fewer never trusts too much.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use memchr::memmem::Finder;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{VerifierBuilderError, WebPkiServerVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use webpki::EndEntityCert;

use super::pem::{certificates, certificates_with};

/// What a system trusts.
#[derive(Debug)]
pub(super) struct System {
    /// PEM, read but not parsed.
    pem: Vec<u8>,
    /// Read, once, where a server is not trusted by the bundle's usual certificates alone.
    folders: Vec<PathBuf>,
    in_folders: OnceLock<Vec<u8>>,
}

impl System {
    pub(super) fn new(pem: Vec<u8>, folders: Vec<PathBuf>) -> Self {
        Self { pem, folders, in_folders: OnceLock::new() }
    }

    /// PEM too. What is empty may be filled: it is looked at again.
    fn in_folders(&self) -> &[u8] {
        self.in_folders.get().map_or_else(
            || match in_folders(&self.folders) {
                nothing if nothing.is_empty() => &[],
                found => self.in_folders.get_or_init(|| found),
            },
            Vec::as_slice,
        )
    }
}

/// All that is trusted.
#[derive(Clone, Debug)]
pub(crate) struct Roots {
    added: Vec<CertificateDer<'static>>,
    system: Arc<System>,
    any: CertificateDer<'static>,
}

/// Verifies servers by those roots alone that matter.
#[derive(Debug)]
struct Verifier {
    roots: Roots,
    /// By any one: for signatures, whose verification needs none, and for refusals.
    any: Arc<WebPkiServerVerifier>,
}

impl Roots {
    /// What is added to what the system trusts; `None`: that is nothing.
    pub(super) fn new(added: Vec<CertificateDer<'static>>, system: Arc<System>) -> Option<Self> {
        let any = added.first().cloned().or_else(|| first_usable(&system.pem))?;
        Some(Self { added, system, any })
    }

    /// Every certificate that can be used.
    pub(crate) fn all(&self) -> impl Iterator<Item = CertificateDer<'static>> {
        let found = certificates(&self.system.pem).chain(certificates(self.system.in_folders()));
        self.added.iter().cloned().chain(each_once(found).into_iter().filter(is_usable))
    }

    /// What verifies servers.
    pub(super) fn verifier(self) -> Result<Arc<dyn ServerCertVerifier>, VerifierBuilderError> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates([self.any.clone()]);
        let any = WebPkiServerVerifier::builder(store.into()).build()?;
        Ok(Arc::new(Verifier { roots: self, any }))
    }

    /// Those that may have issued one of a server's certificates: they hold its issuer's name. `usual`:
    /// it is looked for only where nearly every certificate has it. `more` is PEM too.
    fn of(&self, issuers: &[&[u8]], more: &[u8], usual: bool) -> RootCertStore {
        let names: Vec<Finder<'_>> = issuers.iter().map(Finder::new).collect();
        let named = |pem| certificates_with(pem, &names, usual);
        let mut store = RootCertStore::empty();
        let found = named(&self.system.pem).chain(named(more));
        store.add_parsable_certificates(self.added.iter().cloned().chain(each_once(found)));
        store
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain: Vec<_> = std::iter::once(end_entity)
            .chain(intermediates)
            .filter_map(|one| EndEntityCert::try_from(one).ok())
            .collect();
        let issuers: Vec<&[u8]> = chain.iter().map(|one| one.issuer()).collect();
        let verify = |more: &[u8], usual| {
            let store = self.roots.of(&issuers, more, usual);
            let verifier = WebPkiServerVerifier::builder(store.into()).build();
            let verifier = verifier.unwrap_or_else(|_none_named| Arc::clone(&self.any));
            verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now)
        };
        verify(&[], true).or_else(|_refusal| verify(self.roots.system.in_folders(), false))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.any.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.any.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.any.supported_verify_schemes()
    }
}

/// The first that can be used: a system's may be of a kind that nothing here understands.
pub(super) fn first_usable(pem: &[u8]) -> Option<CertificateDer<'static>> {
    certificates(pem).find(is_usable)
}

fn is_usable(one: &CertificateDer<'_>) -> bool {
    RootCertStore::empty().add(one.clone()).is_ok()
}

/// In a folder, each may be there under several names, and in a bundle too.
fn each_once(found: impl Iterator<Item = CertificateDer<'static>>) -> Vec<CertificateDer<'static>> {
    let mut found: Vec<_> = found.collect();
    found.sort_by(|one, other| one.as_ref().cmp(other.as_ref()));
    found.dedup();
    found
}

/// What is in the files of folders.
pub(super) fn in_folders<P: AsRef<Path>>(folders: &[P]) -> Vec<u8> {
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok());
    let files = entries.flatten().flatten().map(|entry| entry.path()).filter(|path| path.is_file());
    files.filter_map(|file| std::fs::read(file).ok()).flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    use super::*;

    type Authority = CertifiedIssuer<'static, KeyPair>;

    fn key() -> KeyPair {
        KeyPair::generate().expect("a key")
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn authority(name: &str, issuer: Option<&Authority>) -> Authority {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let made = match issuer {
            None => CertifiedIssuer::self_signed(params, key()),
            Some(issuer) => CertifiedIssuer::signed_by(params, key(), issuer),
        };
        made.expect("an authority")
    }

    fn server(name: &str, year: i32, issuer: &Authority) -> CertificateDer<'static> {
        let mut params = params(name);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        params.signed_by(&key(), issuer).expect("a certificate").der().clone()
    }

    /// In 2026.
    fn now() -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(1_780_000_000))
    }

    fn verdict(
        verifier: &dyn ServerCertVerifier,
        chain: &[CertificateDer<'_>],
    ) -> Result<(), String> {
        let name = ServerName::try_from("server.example").expect("a name");
        let done = verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], now());
        done.map(|_| ()).map_err(|error| format!("{error:?}"))
    }

    /// What is refused is refused in the same words, too.
    #[test]
    fn the_roots_that_matter_judge_as_all_of_them_do() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let [known, namesake, unknown] =
            ["Known", "Known", "Unknown"].map(|name| authority(name, None));
        let between = authority("Between", Some(&known));
        let own = authority("server.example", None);
        let long = authority(&"A name of a thousand characters. ".repeat(30), None);
        let others: Vec<_> = (0..20).map(|nth| authority(&format!("Root {nth}"), None)).collect();
        let bundle = others.iter().chain([&namesake, &known, &own, &long]);
        let bundle: Vec<&CertificateDer<'_>> = bundle.map(|one| one.der()).collect();
        let pem: Vec<String> =
            others.iter().chain([&namesake, &known, &own, &long]).map(|one| one.pem()).collect();
        let mut all = RootCertStore::empty();
        all.add_parsable_certificates(bundle.into_iter().cloned());
        let all = WebPkiServerVerifier::builder(all.into()).build().expect("a verifier");
        let system = System::new(pem.concat().into_bytes(), Vec::new());
        let some = Roots::new(Vec::new(), Arc::new(system)).expect("some roots");
        let some = some.verifier().expect("a verifier");

        let of = |issuer| server("server.example", 2030, issuer);
        let chains = [
            (true, vec![of(&known)]),
            (true, vec![of(&namesake)]),
            (true, vec![of(&between), between.der().clone()]),
            (true, vec![of(&own)]),
            (true, vec![of(&long)]),
            (false, vec![of(&between)]),
            (false, vec![of(&unknown)]),
            (false, vec![of(&unknown), unknown.der().clone()]),
            (false, vec![own.der().clone()]),
            (false, vec![server("other.example", 2030, &known)]),
            (false, vec![server("server.example", 2020, &known)]),
            (false, vec![server("server.example", 2020, &unknown)]),
            (false, vec![CertificateDer::from(b"no certificate".to_vec())]),
        ];
        for (nth, (trusted, chain)) in chains.iter().enumerate() {
            let (expected, found) = (verdict(&*all, chain), verdict(&*some, chain));
            assert_eq!(found, expected, "chain {nth}");
            assert_eq!(found.is_ok(), *trusted, "chain {nth}: {found:?}");
        }
    }
}
