//! Signatures of version 4, in headers.

use std::time::SystemTime;

use aws_sdk_sts::config::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::domain::s3::credentials::Keys;

/// What is signed beside the URL and the headers.
#[derive(Clone, Copy)]
pub(super) enum Payload<'a> {
    /// The body as it is.
    Bytes(&'a [u8]),
    /// Chunks whose checksum follows them, unsigned.
    Trailer,
}

/// Signs a request for a service in a region: its headers, with the signature among them.
pub(super) fn signed(
    keys: &Keys,
    (service, region): (&str, &str),
    method: &str,
    url: &Url,
    mut headers: HeaderMap,
    payload: Payload<'_>,
) -> Result<HeaderMap, String> {
    let token = keys.token.as_ref().map(|token| token.expose().to_owned());
    let identity = Credentials::new(&keys.id, keys.secret.expose(), token, None, "uns3").into();
    let mut settings = SigningSettings::default();
    // S3 takes the path as it is: neither escaped twice nor without its empty folders.
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let body = match payload {
        Payload::Bytes(bytes) => SignableBody::Bytes(bytes),
        Payload::Trailer => SignableBody::StreamingUnsignedPayloadTrailer,
    };
    let given =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    // The host and its port, as the request will have them.
    let request = SignableRequest::new(method, url.as_str(), given, body);
    let output = request.and_then(|request| sign(request, &params));
    let (instructions, _) = output.map_err(|error| error.to_string())?.into_parts();
    for header in instructions.into_parts().0 {
        let mut value = HeaderValue::from_str(header.value()).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(header.name()), value);
    }
    Ok(headers)
}
