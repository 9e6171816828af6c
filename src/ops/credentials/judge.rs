//! The one place that judges credentials, whatever source they come from.

use crate::context::Context;
use crate::domain::s3::credentials::{Auth, Keys};
use crate::domain::s3::location::RemoteUrl;

/// What the input gives, or all that is wrong with it.
pub(crate) type Judged<T> = Result<T, Vec<String>>;

/// Keys whose secrets nothing will print from here on, judged as far as they are the same for every
/// S3 server.
pub(super) fn learnt(context: &Context, keys: Keys) -> Judged<Auth> {
    for secret in [Some(&keys.secret), keys.token.as_ref()].into_iter().flatten() {
        context.redactor.learn(secret.expose());
    }
    let problems = keys.problems(context.now());
    if problems.is_empty() { Ok(Auth::Keys(keys)) } else { Err(problems) }
}

/// What is wrong with credentials for a connector at a remote URL, `custom_endpoint` or AWS's: to
/// be asked once both are known as the connector will have them.
pub(crate) fn judge(auth: &Auth, url: Option<&RemoteUrl>, custom_endpoint: bool) -> Vec<String> {
    let keys = match auth {
        Auth::Keys(keys) => keys.endpoint_problem(custom_endpoint).map(str::to_owned),
        Auth::Anonymous | Auth::Ambient => None,
    };
    let fips = url.and_then(|url| url.check_credentials(*auth == Auth::Ambient).err());
    keys.into_iter().chain(fips).collect()
}

/// Says what is odd about credentials where they are to be used.
pub(crate) fn mind(context: &Context, auth: &Auth, custom_endpoint: bool) {
    if let Auth::Keys(keys) = auth {
        keys.doubt(custom_endpoint).into_iter().for_each(|doubt| context.output.warn(&doubt));
    }
}
