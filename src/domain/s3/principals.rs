//! Who may use a bucket: users and roles by their ARNs, or the account that lets them.

use crate::domain::role;

/// Those that the flags name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Principals {
    /// The part of AWS that they are in.
    pub(crate) partition: String,
    /// The account's number.
    pub(crate) account: Option<String>,
    /// A user's name, or ARN.
    pub(crate) user: Option<String>,
    /// A role's ARN.
    pub(crate) role_arn: Option<String>,
}

impl Principals {
    /// The account: given, or that of an ARN.
    pub(crate) fn account(&self) -> Option<&str> {
        let named = [&self.role_arn, &self.user].into_iter().flatten();
        let mut accounts = named.filter_map(|arn| arn.split(':').nth(4));
        self.account.as_deref().or_else(|| accounts.find(|account| !account.is_empty()))
    }

    /// The user's ARN.
    fn user_arn(&self) -> Option<String> {
        let user = self.user.as_ref()?;
        if user.starts_with("arn:") {
            return Some(user.clone());
        }
        Some(format!("arn:{}:iam::{}:user/{user}", self.partition, self.account()?))
    }

    /// The user and the role, or, where neither is given, the account's root: which lets no one in,
    /// but leaves it to the account's own policies.
    pub(crate) fn arns(&self) -> Vec<String> {
        let mut arns: Vec<String> = self.user_arn().into_iter().collect();
        arns.extend(self.role_arn.clone());
        if arns.is_empty() {
            arns.extend(self.root());
        }
        arns
    }

    /// Who may assume a role: the user, else the account.
    pub(crate) fn trusted(&self) -> Option<String> {
        self.user_arn().or_else(|| self.root())
    }

    fn root(&self) -> Option<String> {
        self.account().map(|account| format!("arn:{}:iam::{account}:root", self.partition))
    }

    /// Whether nothing narrower than the account is named.
    pub(crate) fn only_delegate(&self) -> bool {
        self.user.is_none() && self.role_arn.is_none()
    }

    /// All that is wrong.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.account.as_deref().is_some_and(|account| !role::is_account(account)) {
            problems.push("--account-id is an account's number, of 12 digits".into());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c);
        if let Some(user) = &self.user {
            let is_arn = user.starts_with("arn:");
            let fits = match is_arn {
                true => role::is_arn_of("user/", user),
                false => !user.is_empty() && user.chars().all(plain) && !user.starts_with('/'),
            };
            if !fits {
                problems
                    .push("--user is a user's name, or arn:aws:iam::123456789012:user/NAME".into());
            } else if !is_arn && self.account().is_none() {
                problems.push("a user's name needs its account: --account-id NUMBER".into());
            } else if is_arn && user.split(':').nth(4) != self.account() {
                problems.push("--user is of another account than --account-id names".into());
            }
        }
        let named = [&self.user, &self.role_arn].into_iter().flatten();
        for arn in named.filter(|arn| arn.starts_with("arn:")) {
            if arn.split(':').nth(1) != Some(self.partition.as_str()) {
                problems.push(format!("{arn} is not in {}, where the region is", self.partition));
            }
        }
        problems
    }
}
