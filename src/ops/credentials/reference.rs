//! What the references of a manifest give: each is followed only for what will be sent.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tokio::sync::OnceCell;

use super::aws::AwsSource;
use super::judge::{judge, learnt};
use crate::aws::{Aws, Role, Source};
use crate::context::Context;
use crate::domain::manifest::{AwsReference, Entry, Reference};
use crate::domain::plan::KeyHint;
use crate::domain::s3::credential_file;
use crate::domain::s3::credentials::{Auth, Keys};
use crate::domain::s3::location::RemoteUrl;
use crate::domain::s3::policy::Scope;
use crate::error::{Category, Error, Result};
use crate::ops::session::Session;
use crate::process::{Input, Program};

/// What several connectors share: a program is run once, a chain of AWS set up once.
type Shared<T> = RefCell<HashMap<String, Rc<OnceCell<Result<T>>>>>;

/// The references of a manifest's connectors.
pub(crate) struct References<'a> {
    context: &'a Context,
    /// The folder of each source: paths are relative to it.
    folders: &'a [PathBuf],
    /// What stands in files.
    files: RefCell<HashMap<PathBuf, Result<Keys, String>>>,
    printed: Shared<Keys>,
    chains: Shared<Rc<Aws>>,
}

impl<'a> References<'a> {
    /// Follows nothing yet.
    pub(crate) fn new(context: &'a Context, folders: &'a [PathBuf]) -> Self {
        let (printed, chains) = (Shared::default(), Shared::default());
        Self { context, folders, files: RefCell::default(), printed, chains }
    }

    /// What a reference gives, where that is seen without asking anybody for credentials.
    pub(crate) fn hint(&self, entry: &Entry) -> Option<KeyHint> {
        let keys = self.at_hand(entry)?.ok()?;
        Some(KeyHint { has_token: keys.token.is_some(), id: keys.id })
    }

    /// What is wrong with a reference whose credentials will be sent, as far as that is seen without
    /// asking anybody.
    pub(crate) fn problems(&self, entry: &Entry) -> Vec<String> {
        match self.at_hand(entry) {
            None => Vec::new(),
            Some(Err(problem)) => vec![problem],
            Some(Ok(keys)) => match learnt(self.context, keys) {
                Ok(auth) => judged(&auth, entry),
                Err(problems) => problems,
            },
        }
    }

    /// The credentials for a connector; `None` where it keeps what it has.
    pub(crate) async fn obtain(
        &self,
        session: &Session<'_>,
        entry: &Entry,
    ) -> Result<Option<Auth>> {
        let keys = match &entry.credentials {
            Reference::Unmanaged => return Ok(None),
            Reference::Anonymous => return Ok(Some(Auth::Anonymous)),
            Reference::Ambient => return Ok(Some(Auth::Ambient)),
            Reference::Aws(reference) => {
                return self.lease(session, reference, entry).await.map(Some);
            }
            Reference::Command(command) => self.by_program(command, entry).await?,
            Reference::Env { .. } | Reference::File(_) => self
                .at_hand(entry)
                .unwrap_or_else(|| Err("names no keys".into()))
                .map_err(Error::usage)?,
        };
        let auth = learnt(self.context, keys).map_err(|problems| Error::problems(&problems))?;
        match judged(&auth, entry).as_slice() {
            [] => Ok(Some(auth)),
            problems => Err(Error::problems(problems)),
        }
    }

    fn folder(&self, entry: &Entry) -> &Path {
        self.folders.get(entry.origin.source).map_or(Path::new("."), PathBuf::as_path)
    }

    /// The keys of variables and files.
    fn at_hand(&self, entry: &Entry) -> Option<Result<Keys, String>> {
        match &entry.credentials {
            Reference::Env { key, secret, token } => {
                Some(self.variables(key, secret, token.as_deref()))
            }
            Reference::File(path) => {
                let path = self.folder(entry).join(path);
                let mut files = self.files.borrow_mut();
                Some(files.entry(path).or_insert_with_key(|path| self.read(path)).clone())
            }
            _ => None,
        }
    }

    fn variables(&self, key: &str, secret: &str, token: Option<&str>) -> Result<Keys, String> {
        let value = |name: &str| self.context.variable(name).map(str::trim);
        let unset: Vec<&str> = [Some(key), Some(secret), token]
            .into_iter()
            .flatten()
            .filter(|name| value(name).is_none())
            .collect();
        if !unset.is_empty() {
            let are = if unset.len() == 1 { "is" } else { "are" };
            return Err(format!("{} {are} not set in the environment", unset.join(" and ")));
        }
        let secret_of = |name: &str| self.context.learnt(value(name).unwrap_or_default());
        Ok(Keys {
            id: value(key).unwrap_or_default().to_owned(),
            secret: secret_of(secret),
            token: token.map(secret_of),
            expires: None,
            arn: None,
        })
    }

    /// Not what waits for a writer, nor what never ends: a plan may be of a stranger's manifest.
    fn read(&self, path: &Path) -> Result<Keys, String> {
        const LARGEST: u64 = 1 << 20;
        let shown = path.display();
        match std::fs::metadata(path) {
            Err(error) => return Err(format!("cannot read {shown}: {error}")),
            Ok(file) if !file.is_file() => return Err(format!("{shown} is no file")),
            Ok(file) if file.len() > LARGEST => return Err(format!("{shown} is too large")),
            Ok(_) => {}
        }
        let text = std::fs::read_to_string(path).map(zeroize::Zeroizing::new);
        let text = text.map_err(|error| format!("cannot read {shown}: {error}"))?;
        credential_file::parse(&text).map_err(|problem| format!("{shown} {problem}"))
    }

    async fn by_program(&self, command: &str, entry: &Entry) -> Result<Keys> {
        let folder = self.folder(entry);
        let key = format!("{}\n{command}", folder.display());
        let cell = Rc::clone(self.printed.borrow_mut().entry(key).or_default());
        let run = || async {
            let program =
                Program { line: command, folder: Some(folder), input: Input::None, hidden: &[] };
            let failed = |problem| {
                let named = program.repeated().unwrap_or_else(|| "it is in the manifest".into());
                let message = format!("the program that prints credentials {problem}");
                Error::new(Category::Usage, message).hint(format!("run it by hand: {named}"))
            };
            let text = program.text().await.map_err(failed)?;
            credential_file::parse(&text)
                .map_err(|problem| failed(format!("printed what {problem}")))
        };
        cell.get_or_init(run).await.clone()
    }

    async fn lease(
        &self,
        session: &Session<'_>,
        reference: &AwsReference,
        entry: &Entry,
    ) -> Result<Auth> {
        let source = aws_source(reference);
        let cell = Rc::clone(self.chains.borrow_mut().entry(format!("{reference:?}")).or_default());
        let aws = cell
            .get_or_init(|| async { source.load(session.globals, self.context).await.map(Rc::new) })
            .await
            .clone()?;
        let url = RemoteUrl::parse(&entry.remote_url).map_err(Error::usage)?;
        let scope = Scope::new(entry.kind, &url, entry.endpoint_url.as_deref());
        let auth = source.lease(self.context, &aws, &[scope]).await?;
        match judged(&auth, entry).as_slice() {
            [] => Ok(auth),
            problems => Err(Error::problems(problems)),
        }
    }
}

fn aws_source(reference: &AwsReference) -> AwsSource {
    let role = reference.role_arn.as_ref().map(|arn| Role {
        arn: arn.clone(),
        external_id: reference.external_id.clone(),
        session_name: reference.session_name.clone().unwrap_or_else(|| "uns3".into()),
        duration: reference.duration,
    });
    let scoped = role.is_some() && reference.scope;
    AwsSource { source: Source { profile: reference.profile.clone(), role }, scoped }
}

/// What is wrong with credentials where the connector will be.
fn judged(auth: &Auth, entry: &Entry) -> Vec<String> {
    let url = RemoteUrl::parse(&entry.remote_url).ok();
    judge(auth, url.as_ref(), entry.endpoint_url.is_some())
}
