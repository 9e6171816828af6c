//! Each cause by an answer of a real server, AWS's documented words, or the connector's own.

use jiff::Timestamp;

use super::*;

fn case(kind: Kind) -> Case<'static> {
    Case {
        kind,
        bucket: "data",
        folder: "out/",
        endpoint_url: None,
        auth: AuthKind::Keys,
        key_id: Some("AKIAIOSFODNN7EXAMPLE"),
        expires_at: None,
        now: Timestamp::UNIX_EPOCH,
        just_written: false,
        name: Some("x".into()),
        again: "check it again: uns3 test x --retry-for 2h".into(),
    }
}

fn refusal(status: u16, code: &str, words: &str) -> Symptom {
    let (code, words) = (code.to_owned(), words.to_owned());
    Symptom { status: Some(status), code, words, ..Symptom::default() }
}

/// AWS's longer sentence, as the IAM User Guide documents it.
fn denied(because: &str) -> Symptom {
    let words = format!(
        "User: arn:aws:iam::123456789012:user/x is not authorized to perform: s3:PutObject on \
         resource: \"arn:aws:s3:::data/out/_empty\" {because}"
    );
    refusal(403, "AccessDenied", &words)
}

#[test]
fn what_servers_say() {
    let no = "because no";
    let deny = "with an explicit deny in";
    for (symptom, cause) in [
        (refusal(403, "AccessDenied", "Access Denied"), "write_denied"),
        (refusal(403, "AccessDenied", ""), "write_denied"),
        (
            denied(&format!("{no} identity-based policy allows the s3:PutObject action")),
            "no_identity_policy_allows",
        ),
        (
            denied(&format!("{no} resource-based policy allows the s3:PutObject action")),
            "no_bucket_policy_allows",
        ),
        (
            denied(&format!("{no} session policy allows the s3:PutObject action")),
            "no_session_policy_allows",
        ),
        (
            denied(&format!("{no} permissions boundary allows the s3:PutObject action")),
            "no_boundary_allows",
        ),
        (
            denied(&format!("{no} service control policy allows the s3:PutObject action")),
            "no_scp_allows",
        ),
        (
            denied(&format!("{no} resource control policy allows the s3:PutObject action")),
            "no_rcp_allows",
        ),
        (
            denied(&format!("{no} VPC endpoint policy allows the s3:PutObject action")),
            "no_vpc_endpoint_allows",
        ),
        (denied(&format!("{deny} an identity-based policy")), "deny_by_identity_policy"),
        (denied(&format!("{deny} a resource-based policy")), "deny_by_bucket_policy"),
        (denied(&format!("{deny} a session policy")), "deny_by_session_policy"),
        (denied(&format!("{deny} a permissions boundary")), "deny_by_boundary"),
        (denied(&format!("{deny} a service control policy")), "deny_by_scp"),
        (denied(&format!("{deny} a resource control policy")), "deny_by_rcp"),
        (denied(&format!("{deny} a VPC endpoint policy")), "deny_by_vpc_endpoint"),
        (
            denied(
                "because public policies are blocked by the BlockPublicPolicy block public access setting",
            ),
            "public_access_block",
        ),
        (
            refusal(
                403,
                "AccessDenied",
                "User: arn:aws:iam::1:user/x is not authorized to perform: kms:GenerateDataKey on this resource because no identity-based policy allows the kms:GenerateDataKey action",
            ),
            "kms_encrypt",
        ),
        (
            refusal(
                403,
                "AccessDenied",
                "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext",
            ),
            "kms_decrypt",
        ),
        (
            refusal(400, "KMS.DisabledException", "arn:aws:kms:us-east-1:1:key/k is disabled."),
            "kms_disabled",
        ),
        (
            refusal(
                400,
                "KMS.NotFoundException",
                "Key 'arn:aws:kms:us-east-1:1:key/k' does not exist",
            ),
            "kms_not_found",
        ),
        (
            refusal(
                400,
                "KMS.KMSInvalidStateException",
                "arn:aws:kms:us-east-1:1:key/k is pending deletion.",
            ),
            "kms_state",
        ),
        (refusal(400, "KMS.InvalidKeyUsageException", "not valid"), "kms_usage"),
        (refusal(400, "KMS.ThrottlingException", "Rate exceeded"), "busy"),
        (refusal(400, "ExpiredToken", "The provided token has expired."), "expired_token"),
        (
            refusal(
                403,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
            "expired_token",
        ),
        (
            refusal(400, "InvalidToken", "The provided token is malformed or otherwise invalid."),
            "invalid_token",
        ),
        (
            refusal(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            ),
            "unknown_key",
        ),
        (
            refusal(
                403,
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            ),
            "unknown_key",
        ),
        (
            refusal(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            ),
            "wrong_secret",
        ),
        (
            refusal(
                403,
                "SignatureDoesNotMatch",
                "Signature expired: 20260101T000000Z is now earlier than 20260101T001500Z",
            ),
            "signature_expired",
        ),
        (
            refusal(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ),
            "clock",
        ),
        (
            refusal(403, "AccountProblem", "There is a problem with your AWS account"),
            "account_problem",
        ),
        (
            refusal(403, "NotSignedUp", "Your account is not signed up for the S3 service."),
            "not_signed_up",
        ),
        (
            refusal(403, "AllAccessDisabled", "All access to this object has been disabled"),
            "all_access_disabled",
        ),
        (
            refusal(403, "InvalidSecurity", "The provided security credentials are not valid"),
            "security_header",
        ),
        (
            refusal(403, "InvalidPayer", "All access to this object has been disabled"),
            "requester_pays",
        ),
        (refusal(404, "NoSuchBucket", "The specified bucket does not exist"), "no_bucket"),
        (refusal(404, "NoSuchKey", "The specified key does not exist."), "no_key"),
        (refusal(400, "InvalidBucketName", "The specified bucket is not valid."), "bucket_name"),
        (
            refusal(
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint.",
            ),
            "region",
        ),
        (refusal(301, "", ""), "region"),
        (
            refusal(
                400,
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            ),
            "region",
        ),
        (
            refusal(
                400,
                "IllegalLocationConstraintException",
                "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
            ),
            "region",
        ),
        (
            refusal(
                307,
                "TemporaryRedirect",
                "Please re-send this request to the specified temporary endpoint.",
            ),
            "moving",
        ),
        (
            refusal(
                403,
                "InvalidObjectState",
                "The operation is not valid for the object's storage class",
            ),
            "archived",
        ),
        (refusal(400, "AccessControlListNotSupported", "The bucket does not allow ACLs"), "acl"),
        (
            refusal(
                501,
                "NotImplemented",
                "A header you provided implies functionality that is not implemented",
            ),
            "trailers",
        ),
        (refusal(400, "XAmzContentSHA256Mismatch", "UnknownError"), "trailers"),
        (
            refusal(
                405,
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
            ),
            "method",
        ),
        (refusal(503, "SlowDown", "Please reduce your request rate."), "busy"),
        (refusal(503, "ServiceUnavailable", "Reduce your request rate."), "busy"),
        (
            refusal(
                409,
                "OperationAborted",
                "A conflicting conditional operation is currently in progress against this resource. Please try again.",
            ),
            "aborted",
        ),
        (
            refusal(500, "InternalError", "We encountered an internal error. Please try again."),
            "server_error",
        ),
        (
            refusal(
                400,
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout period.",
            ),
            "timeout",
        ),
        (
            refusal(
                400,
                "BadDigest",
                "The Content-MD5 you specified did not match what we received.",
            ),
            "digest",
        ),
        (
            refusal(
                411,
                "MissingContentLength",
                "You must provide the Content-Length HTTP header.",
            ),
            "length",
        ),
        (refusal(400, "KeyTooLongError", "Your key is too long"), "key_too_long"),
        (refusal(403, "QuotaExceeded", ""), "quota"),
        (
            refusal(
                507,
                "XMinioStorageFull",
                "Storage backend has reached its minimum free drive threshold.",
            ),
            "quota",
        ),
        (
            refusal(
                400,
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed object size.",
            ),
            "too_large",
        ),
        (
            refusal(
                412,
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
            ),
            "precondition",
        ),
        (refusal(400, "InvalidRequest", "Please use AWS4-HMAC-SHA256."), "old_signature"),
        (
            refusal(400, "InvalidRequest", "Bucket is missing Object Lock Configuration"),
            "invalid_request",
        ),
        (
            refusal(
                403,
                "RegionDisabledException",
                "STS is not activated in this region for account:1.",
            ),
            "region_disabled",
        ),
        (
            refusal(
                403,
                "AccessDenied",
            ),
            "write_denied",
        ),
        (
            Symptom::of(
                Obstacle::Address,
                "x does not resolve: dns error: Name or service not known",
            ),
            "address",
        ),
        (
            Symptom::of(
                Obstacle::Connection,
                "tcp connect error: Connection refused (os error 111)",
            ),
            "refused",
        ),
        (
            Symptom::of(Obstacle::Connection, "tcp connect error: No route to host (os error 113)"),
            "unreachable",
        ),
        (Symptom::of(Obstacle::Silence, "operation timed out"), "timeout"),
        (Symptom::of(Obstacle::Broken, "connection closed before message completed"), "broken"),
        (Symptom::of(Obstacle::Tls, "invalid peer certificate: UnknownIssuer"), "certificate"),
        (
            Symptom::of(
                Obstacle::Tls,
                "invalid peer certificate: certificate expired: verification time 1",
            ),
            "certificate_expired",
        ),
        (
            Symptom::of(
                Obstacle::Tls,
                "invalid peer certificate: certificate not valid for name \"x\"",
            ),
            "certificate_name",
        ),
        (
            Symptom::of(Obstacle::Tls, "received corrupt message of type InvalidContentType"),
            "no_tls",
        ),
        (Symptom::of(Obstacle::Connection, "tunnel error: proxy authentication required"), "proxy"),
        (
            Symptom {
                status: Some(200),
                ..Symptom::of(
                    Obstacle::NotS3,
                    "the server answered 200 OK without an ETag: Sign in",
                )
            },
            "not_s3",
        ),
    ] {
        let found = of_symptom(&symptom, Operation::Write, &case(Kind::Destination));
        assert_eq!(found.cause, cause, "{symptom:?}");
        assert!(!found.text().contains(['{']) || found.text().contains("\"Sid\""), "{found:?}");
    }
}

#[test]
fn a_refusal_names_what_is_lacking_and_grants_it() {
    let refused = refusal(403, "AccessDenied", "Access Denied");
    let write = of_symptom(&refused, Operation::Write, &case(Kind::Destination));
    assert!(write.meaning.contains("s3:PutObject on arn:aws:s3:::data/out/*"), "{write:?}");
    assert!(write.mend.contains("\"s3:AbortMultipartUpload\""), "{write:?}");
    let list = of_symptom(&refused, Operation::List, &case(Kind::Destination));
    assert_eq!(list.cause, "list_denied");
    assert!(list.meaning.contains("check will pass") && list.meaning.contains("jobs will fail"));
    let read = of_symptom(&refused, Operation::Read, &case(Kind::Source));
    assert!(read.meaning.contains("s3:GetObject"), "{read:?}");
    let anonymous = Case { auth: AuthKind::Anonymous, ..case(Kind::Source) };
    assert_eq!(of_symptom(&refused, Operation::List, &anonymous).cause, "not_public");
    let china = Case {
        endpoint_url: Some("https://s3.cn-north-1.amazonaws.com.cn"),
        ..case(Kind::Destination)
    };
    let write = of_symptom(&refused, Operation::Write, &china);
    assert!(write.meaning.contains("arn:aws-cn:s3:::data/out/*"), "{write:?}");
    let bare = Case { key_id: Some("ASIAIOSFODNN7EXAMPLE"), ..case(Kind::Destination) };
    let unknown = refusal(403, "InvalidAccessKeyId", "");
    assert_eq!(of_symptom(&unknown, Operation::Write, &bare).cause, "missing_token");
}

/// Old deployments repeat what S3 said; since July 2026 reasons are bare class names.
#[test]
fn what_the_platform_says() {
    for (reason, cause, certain) in [
        ("UserAuthError: Access Denied", "write_denied", true),
        ("UserAuthError: The provided token has expired.", "expired_token", true),
        (
            "UserAuthError: The AWS Access Key Id you provided does not exist in our records.",
            "unknown_key",
            true,
        ),
        (
            "UserAuthError: The request signature we calculated does not match the signature you provided.",
            "wrong_secret",
            true,
        ),
        (
            "UserError: An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist",
            "no_bucket",
            true,
        ),
        (
            "UserAuthError: No authentication method specified. anonymous=False but no explicit credentials provided and ambient_credentials=False.",
            "no_method",
            true,
        ),
        (
            "UserAuthError: Ambient credentials requested (ambient_credentials=True) but ALLOW_AMBIENT_CREDENTIALS_S3 environment variable is not set to 'true'. ",
            "ambient_off",
            true,
        ),
        (
            "EndpointConnectionError: Could not connect to the endpoint URL: \"http://x/\"",
            "unreachable",
            true,
        ),
        ("UserError: OSError(errno=38)", "trailers", true),
        ("PermissionError(errno=1)", "method", true),
        ("UserAuthError: PermissionError", "refused_by_s3", false),
        ("UserAuthError: PermissionError(errno=13)", "refused_by_s3", false),
        ("UserError: OSError(errno=22)", "bad_request", false),
        ("UserError: File not found: data/out", "empty_folder", false),
        ("UserError: OSError(errno=78)", "redirected", false),
        ("OSError: [Errno 78] Remote address changed", "redirected", false),
        ("UserError: OSError(errno=16)", "busy", false),
        ("ProviderError: OSError(errno=121)", "server_error", false),
        ("UserError: OSError(errno=5)", "kms_or_other", false),
        ("UserError: OSError", "unexplained", false),
        ("something else entirely", "unknown", false),
    ] {
        let found = of_reason(reason, &case(Kind::Destination));
        assert_eq!((found.cause, found.certain), (cause, certain), "{reason}: {found:?}");
    }
}

#[test]
fn a_bare_reason_is_explained_by_what_is_known() {
    let bare = "UserAuthError: PermissionError";
    let expired = Case {
        auth: AuthKind::Sts,
        expires_at: Some(Timestamp::UNIX_EPOCH),
        now: Timestamp::from_second(60).unwrap_or_default(),
        ..case(Kind::Destination)
    };
    let found = of_reason(bare, &expired);
    assert!(found.meaning.contains("why: the session token expired at 1970-01-01"), "{found:?}");
    let fresh = Case { just_written: true, ..case(Kind::Destination) };
    let found = of_reason(bare, &fresh);
    assert!(found.meaning.contains("why: the secret does not belong to the key"), "{found:?}");
    assert!(found.mend.contains("uns3 preflight x"), "{found:?}");
    let found = of_reason(bare, &case(Kind::Source));
    assert!(found.meaning.contains("why: s3:ListBucket or s3:GetObject is lacking"), "{found:?}");
    // A source's folder is empty before its bucket is missing.
    let found = of_reason("UserError: File not found: data/in", &case(Kind::Source));
    assert!(found.meaning.starts_with("the folder s3://data/out/ is empty"), "{found:?}");
}
