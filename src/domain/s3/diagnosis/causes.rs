//! The causes by the error codes and the sentences of S3, STS and the transport.
//!
//! Sources: Amazon S3 API Reference, "Error responses"; IAM User Guide, "Troubleshoot access denied
//! error messages"; AWS STS API Reference, "Common errors"; the answers of Ceph, Swift, MinIO and moto.

use super::cause::{Cause, cause};

/// What refuses by a sentence: more telling than its code, and so looked for first.
pub(super) const BY_WORDS: [Cause; 33] = [
    cause(
        "kms_encrypt",
        &["kms:generatedatakey"],
        &[],
        "the bucket is encrypted with a KMS key that the credentials may not write with",
        "allow kms:GenerateDataKey and kms:Decrypt on that key, in the key's policy or the \
         identity's; a role narrowed by uns3 has no KMS rights: --no-scope",
    ),
    cause(
        "kms_decrypt",
        &["kms:decrypt"],
        &[],
        "the files are encrypted with a KMS key that the credentials may not read with",
        "allow kms:Decrypt on that key, in the key's policy or the identity's; a role narrowed by \
         uns3 has no KMS rights: --no-scope",
    ),
    cause(
        "deny_by_identity_policy",
        &["explicit deny in an identity-based policy"],
        &[],
        "a policy of the user or role denies {permission} outright",
        "take {permission} on {resource} out of that Deny: no Allow can outweigh it",
    ),
    cause(
        "deny_by_bucket_policy",
        &["explicit deny in a resource-based policy"],
        &[],
        "the bucket's policy denies {permission} outright",
        "look for the Deny (aws s3api get-bucket-policy --bucket {bucket}): often a condition on \
         the network, on TLS or on encryption that the platform does not meet",
    ),
    cause(
        "deny_by_session_policy",
        &["explicit deny in a session policy"],
        &[],
        "the session of these credentials was made with a policy that denies {permission}",
        "obtain the credentials without that Deny",
    ),
    cause(
        "deny_by_boundary",
        &["explicit deny in a permissions boundary"],
        &[],
        "the permissions boundary of the user or role denies {permission}",
        "have the boundary changed, or use an identity without it",
    ),
    cause(
        "deny_by_scp",
        &["explicit deny in a service control policy"],
        &[],
        "the organisation's service control policy denies {permission} to the whole account",
        "ask the administrators of AWS Organizations: nothing in the account can outweigh it",
    ),
    cause(
        "deny_by_rcp",
        &["explicit deny in a resource control policy"],
        &[],
        "the organisation's resource control policy denies {permission} on its buckets",
        "ask the administrators of AWS Organizations to exempt the platform's identity",
    ),
    cause(
        "deny_by_vpc_endpoint",
        &["explicit deny in a vpc endpoint policy"],
        &[],
        "the policy of the VPC endpoint on the way denies {permission}",
        "allow the bucket in the VPC endpoint's policy",
    ),
    cause(
        "no_session_policy_allows",
        &["no session policy allows"],
        &[],
        "the session of these credentials was narrowed, and {permission} on {resource} is not in it",
        "obtain new credentials for this bucket and folder: uns3 narrows a role to those of the \
         connector (--role-arn), or not at all (--no-scope)",
    ),
    cause(
        "no_boundary_allows",
        &["no permissions boundary allows"],
        &[],
        "the permissions boundary of the user or role leaves {permission} out",
        "add {permission} on {resource} to the boundary as well",
    ),
    cause(
        "no_scp_allows",
        &["no service control policy allows"],
        &[],
        "the organisation's service control policy leaves {permission} out",
        "ask the administrators of AWS Organizations",
    ),
    cause(
        "no_rcp_allows",
        &["no resource control policy allows"],
        &[],
        "the organisation's resource control policy leaves {permission} out",
        "ask the administrators of AWS Organizations",
    ),
    cause(
        "no_vpc_endpoint_allows",
        &["no vpc endpoint policy allows"],
        &[],
        "the policy of the VPC endpoint on the way leaves {permission} out",
        "allow the bucket in the VPC endpoint's policy",
    ),
    cause(
        "no_bucket_policy_allows",
        &["no resource-based policy allows"],
        &[],
        "the bucket is another account's, and its policy does not let these credentials in",
        "the bucket's owner adds to its policy: {statement}",
    ),
    cause(
        "no_identity_policy_allows",
        &["no identity-based policy allows"],
        &[],
        "no policy of the user or role allows {permission} on {resource}",
        "add to its policy: {statement}",
    ),
    cause(
        "public_access_block",
        &["public access block", "blockpublicpolicy", "blockpublicacls"],
        &[],
        "the bucket's block of public access forbids what makes it public",
        "use keys instead of --anonymous: the block is meant to stay",
    ),
    cause(
        "requester_pays",
        &["requester pays", "requester-pays"],
        &["InvalidPayer"],
        "the bucket's readers pay for what they read, and the connector does not say that it will",
        "the bucket's owner turns Requester Pays off, or copies the files to another bucket",
    ),
    cause(
        "old_signature",
        &["please use aws4-hmac-sha256", "authorization mechanism you have provided"],
        &[],
        "the server wants another version of signatures than the one that it was sent",
        "check that the endpoint URL is the bucket's own region's",
    ),
    cause(
        "kms_disabled",
        &["kms.disabledexception"],
        &["KMS.DisabledException"],
        "the bucket's KMS key is disabled",
        "enable the key, or set another one as the bucket's default",
    ),
    cause(
        "kms_not_found",
        &["kms.notfoundexception"],
        &["KMS.NotFoundException"],
        "the bucket's KMS key does not exist, or is in another region",
        "set a key of the bucket's own region as its default",
    ),
    cause(
        "kms_state",
        &["kms.kmsinvalidstateexception"],
        &["KMS.KMSInvalidStateException"],
        "the bucket's KMS key cannot be used now: it waits to be deleted, or to be imported",
        "cancel the key's deletion, or set another one as the bucket's default",
    ),
    cause(
        "kms_usage",
        &["kms.invalidkeyusageexception"],
        &["KMS.InvalidKeyUsageException"],
        "the bucket's KMS key is not one for encryption",
        "set a symmetric encryption key as the bucket's default",
    ),
    cause(
        "signature_expired",
        &["signature expired", "signature not yet current"],
        &["RequestExpired"],
        "the clock of this machine is wrong, or the request took too long",
        "set the clock (timedatectl set-ntp true); the platform has its own",
    ),
    cause(
        "region_disabled",
        &["region is disabled", "is not activated in this region"],
        &["RegionDisabledException"],
        "the account has not enabled this region",
        "enable it in the account's settings, or use a bucket of another region",
    ),
    cause(
        "certificate_name",
        &["notvalidforname", "not valid for name", "doesn't match", "hostname mismatch"],
        &[],
        "the server's certificate is not one for {endpoint}",
        "use the name that the certificate has in --endpoint-url",
    ),
    cause(
        "certificate_expired",
        &["certificate has expired", "certificate expired", "certificate is expired"],
        &[],
        "the server's certificate has expired",
        "renew it on the server at {endpoint}",
    ),
    cause(
        "certificate",
        &["certificate", "unknownissuer", "self-signed", "self signed"],
        &[],
        "the certificate of {endpoint} is not trusted",
        "use one that a public authority signed: the platform has no --ca-file; from here alone, \
         --ca-file FILE trusts another",
    ),
    cause(
        "no_tls",
        &["wrong version number", "corrupt message", "invalidcontenttype", "ssl: unknown_protocol"],
        &[],
        "the server does not speak TLS on that port",
        "write the endpoint URL with http://, or with the port of its TLS",
    ),
    cause(
        "proxy",
        &["proxyconnectionerror", "proxy authentication", "tunnel"],
        &[],
        "a proxy on the way did not let the request through",
        "check HTTPS_PROXY and NO_PROXY; the platform does not use them",
    ),
    cause(
        "refused",
        &["connection refused", "os error 111"],
        &[],
        "nothing listens at {endpoint}",
        "check the host and the port of --endpoint-url, and that the server runs",
    ),
    cause(
        "address",
        &[
            "dns error",
            "failed to lookup",
            "name or service not known",
            "nodename nor servname",
            "could not resolve",
            "getaddrinfo",
        ],
        &[],
        "the name of {endpoint} does not resolve",
        "check the spelling of --endpoint-url and of the bucket; a new bucket's name can take \
         minutes ({again})",
    ),
    cause(
        "timeout",
        &["timed out", "timeouterror", "read timeout", "no answer within"],
        &["RequestTimeout"],
        "the server at {endpoint} did not answer in time",
        "check that it can be reached from outside your network, and is not overloaded ({again})",
    ),
];
