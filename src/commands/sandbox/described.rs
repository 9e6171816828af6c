//! A running sandbox as it is printed, in each format.

use serde_json::{Value, json};

use crate::error::Result;
use crate::output::Format;
use crate::sandbox::Sandbox;

/// The sandbox's addresses and its own keys: no one else's, so they may be seen.
pub(super) fn described(sandbox: &Sandbox, format: Format) -> Result<String> {
    let Sandbox { api_url, api_key, s3_endpoint_url, bucket, region, .. } = sandbox;
    let Sandbox { access_key_id, secret_access_key, session, .. } = sandbox;
    let object = json!({
        "api_url": api_url,
        "api_key": api_key,
        "s3_endpoint_url": s3_endpoint_url,
        "bucket": bucket,
        "region": region,
        "access_key_id": access_key_id,
        "secret_access_key": secret_access_key,
        "session": {
            "access_key_id": session.access_key_id,
            "secret_access_key": session.secret_access_key,
            "session_token": session.session_token,
        },
    });
    match format {
        Format::Json => return Ok(format!("{object}\n")),
        Format::Yaml => return Ok(serde_saphyr::to_string(&object).map_err(anyhow::Error::from)?),
        Format::Csv => return csv(&object),
        Format::Table | Format::Wide | Format::Markdown | Format::Id => {}
    }
    Ok(format!(
        "The sandbox listens on this machine only. Ctrl-C stops it.

API URL            {api_url}
API key            {api_key}
S3 endpoint        {s3_endpoint_url}
Bucket             {bucket} (region {region})
Access key id      {access_key_id}
Secret access key  {secret_access_key}

Temporary keys, as AWS STS gives them:
Access key id      {}
Secret access key  {}
Session token      {}

In another shell:
  export UNSTRUCTURED_API_URL={api_url} UNSTRUCTURED_API_KEY={api_key}
  export AWS_ACCESS_KEY_ID={access_key_id} AWS_SECRET_ACCESS_KEY={secret_access_key}
  uns3 create demo --remote-url s3://{bucket}/out/ --endpoint-url {s3_endpoint_url} --test
",
        session.access_key_id, session.secret_access_key, session.session_token
    ))
}

/// A line of titles and one of values; those of the temporary keys begin with `session_`.
fn csv(object: &Value) -> Result<String> {
    let mut cells = Vec::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        match value.as_object() {
            None => cells.push((name.clone(), value.as_str())),
            Some(below) => cells.extend(below.iter().map(|(inner, value)| {
                (format!("session_{}", inner.trim_start_matches("session_")), value.as_str())
            })),
        }
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(cells.iter().map(|(name, _)| name)).map_err(anyhow::Error::from)?;
    let values = cells.iter().map(|(_, value)| value.unwrap_or_default());
    csv.write_record(values).map_err(anyhow::Error::from)?;
    let bytes = csv.into_inner().map_err(anyhow::Error::from)?;
    Ok(String::from_utf8(bytes).map_err(anyhow::Error::from)?)
}
