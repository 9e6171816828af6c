//! The way to AWS on the TLS stack that uns3 has: certificates, proxies, and no answer without an
//! end.

use aws_sdk_sts::config::SharedHttpClient;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;
use rustls::pki_types::CertificateDer;

use crate::error::{Category, Error, Result};
use crate::net::Trust;

/// No answer is read beyond this: a set of credentials is a thousandth of it.
const LARGEST: usize = 1 << 20;

/// What lies on the way to AWS, and what is there already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    /// Whom TLS trusts.
    pub(crate) trust: Trust,
    /// The proxy of `https://` addresses. Others are of this machine or its network, such as a
    /// container's agent, which hands credentials out in the clear: no proxy is let in on that.
    pub(crate) https_proxy: Option<String>,
    /// The hosts that are reached without it.
    pub(crate) no_proxy: Option<String>,
    /// Whether the environment has keys, the chain's first source.
    pub(crate) keys_in_environment: bool,
}

/// The client of all that goes to AWS.
pub(super) fn client(route: &Route) -> Result<SharedHttpClient> {
    let roots = route.trust.roots()?;
    // Only where the system does not keep them in files are they read by the SDK.
    let mut trusted = TrustStore::empty().with_native_roots(roots.is_none());
    let all = match roots {
        Some(roots) => roots.all().collect(),
        None => route.trust.added()?,
    };
    for one in all {
        trusted.add_pem_certificate(pem(&one));
    }
    let broken = |error: &dyn std::error::Error| {
        Error::new(Category::Internal, format!("cannot set up TLS for AWS: {error}"))
    };
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|error| broken(&error))?;
    let proxy = proxy(route)?;
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(context.clone())
            .proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    });
    Ok(SharedHttpClient::new(Bounded(client)))
}

/// A certificate in the only form that the SDK takes.
fn pem(certificate: &CertificateDer<'_>) -> String {
    let text = base64_simd::STANDARD.encode_to_string(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

fn proxy(route: &Route) -> Result<ProxyConfig> {
    let Some(url) = &route.https_proxy else { return Ok(ProxyConfig::disabled()) };
    let url = if url.contains("://") { url.clone() } else { format!("http://{url}") };
    // Not repeated: it may hold a password.
    let wrong = |_| Error::usage("HTTPS_PROXY is not the address of a proxy for AWS");
    let proxy = ProxyConfig::https(url).map_err(wrong)?;
    Ok(match &route.no_proxy {
        Some(hosts) => proxy.no_proxy(hosts),
        None => proxy,
    })
}

/// A client whose answers have an end: the SDK reads each whole before it looks at it.
#[derive(Debug)]
struct Bounded<T>(T);

impl HttpClient for Bounded<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Bounded(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Bounded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let bounded = |body| SdkBody::from_body_1_x(Limited::new(body, LARGEST));
            answer.await.map(|answer| answer.map(bounded))
        })
    }
}
