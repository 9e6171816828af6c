//! The service that is listed: HTTP/1.1 over TLS with one answer, rendered beforehand. It is a
//! process of its own, since on Linux a child's peak memory begins at its parent's.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// With a folder and a number after it, this program is the server.
pub(crate) const FLAG: &str = "--serve";
/// Any API key is let in.
pub(crate) const KEY: &str = "bench-key";

/// Where systems keep their roots.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
];

/// The trust store of all programs.
pub(crate) struct Roots {
    pub(crate) bundle: PathBuf,
    /// The server's own, for a program that takes it beside the system's.
    pub(crate) own: PathBuf,
    pub(crate) origin: String,
}

/// Makes the server's certificate, and the trust store: the system's roots and the server's.
pub(crate) fn certificates(folder: &Path) -> Result<Roots> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, "uns3's benchmark");
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()])?;
    params.use_authority_key_identifier_extension = true;
    std::fs::write(folder.join("certificate.pem"), params.signed_by(&key, &root)?.pem())?;
    std::fs::write(folder.join("key.pem"), key.serialize_pem())?;
    let named = std::env::var("SSL_CERT_FILE").ok();
    let mut places = named.iter().map(String::as_str).chain(BUNDLES);
    let system = places.find_map(|place| Some((place, std::fs::read_to_string(place).ok()?)));
    let (origin, roots) = system.unwrap_or(("none of the system's", String::new()));
    let own = folder.join("root.pem");
    std::fs::write(&own, root.pem())?;
    let bundle = folder.join("roots.pem");
    std::fs::write(&bundle, format!("{roots}\n{}", root.pem()))?;
    let count = roots.matches("BEGIN CERTIFICATE").count();
    Ok(Roots { bundle, own, origin: format!("{origin} ({count}) and the server's") })
}

/// The server's process, stopped when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(folder: &Path, count: usize) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(FLAG).arg(folder).arg(count.to_string());
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut port = String::new();
        let stdout = process.stdout.take().context("no stdout")?;
        BufReader::new(stdout).read_line(&mut port)?;
        Ok(Self { process, url: format!("https://127.0.0.1:{}", port.trim()) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until it is killed.
pub(crate) fn serve(folder: &Path, count: usize) -> Result<()> {
    let chain = CertificateDer::pem_file_iter(folder.join("certificate.pem"))?;
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem"))?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    let (config, answer) = (Arc::new(config), Arc::new(answer(count)));
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let (stream, config, answer) = (stream?, Arc::clone(&config), Arc::clone(&answer));
        // A client that leaves has what it wants.
        std::thread::spawn(move || drop(converse(stream, config, &answer)));
    }
    Ok(())
}

fn converse(stream: TcpStream, config: Arc<ServerConfig>, answer: &[u8]) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config)?, stream));
    loop {
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
        }
        stream.get_mut().write_all(answer)?;
        stream.get_mut().flush()?;
    }
}

/// The list as the service has it, with the masks.
fn answer(count: usize) -> Vec<u8> {
    let connector = |number: usize| {
        format!(
            r#"{{"id":"00000000-0000-4000-8000-{number:012}","name":"invoices-{number:05}","type":"s3","config":{{"remote_url":"s3://bucket-{bucket:03}/out/{number}/","anonymous":false,"ambient_credentials":false,"key":"**********","secret":"**********","token":null,"endpoint_url":null}},"created_at":"2026-01-02T03:04:05.678901Z","updated_at":null}}"#,
            bucket = number % 1000
        )
    };
    let body = (1..=count).map(connector).collect::<Vec<_>>().join(",");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
    format!("{head}{}\r\n\r\n[{body}]", body.len() + 2).into_bytes()
}
