//! The causes by error codes, and by the old words of the platform's reasons.

use super::Cause;
use super::causes::cause;

/// What an error code tells, where no sentence told more.
pub(super) const BY_CODE: [Cause; 33] = [
    cause(
        "expired_token",
        &["expiredtoken", "token has expired", "token is expired", "request is expired"],
        &["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"],
        "the session token has expired",
        "get new STS credentials and write all three values: {rotate}",
    ),
    cause(
        "invalid_token",
        &["invalidtoken", "token is malformed", "token included in the request"],
        &["InvalidToken", "UnrecognizedClientException"],
        "the session token is not the one of this key",
        "key, secret and token must come from the same answer of STS; write all three anew: \
         {rotate}. On GovCloud and in China, --endpoint-url must name the region's host",
    ),
    cause(
        "unknown_key",
        &["invalidaccesskeyid", "access key id you provided does not exist"],
        &["InvalidAccessKeyId", "InvalidClientTokenId"],
        "no such access key: it was deleted, mistyped, belongs to another S3 server, or is an STS \
         key without its token",
        "check the key id; another server goes in --endpoint-url, and so does the host of GovCloud \
         (https://s3.us-gov-west-1.amazonaws.com) or China",
    ),
    cause(
        "wrong_secret",
        &["signaturedoesnotmatch", "signature we calculated"],
        &["SignatureDoesNotMatch"],
        "the secret does not belong to the key",
        "write both anew: {update} --key ID --secret-file FILE",
    ),
    cause(
        "clock",
        &["requesttimetooskewed", "difference between the request time"],
        &["RequestTimeTooSkewed"],
        "the clock of whoever asked differs from the server's by more than 15 minutes",
        "set this machine's clock (timedatectl set-ntp true), or the S3 server's",
    ),
    cause(
        "account_problem",
        &["accountproblem"],
        &["AccountProblem"],
        "something is wrong with the AWS account itself",
        "see to the account: its payment, or AWS Support",
    ),
    cause(
        "not_signed_up",
        &["notsignedup"],
        &["NotSignedUp", "OptInRequired"],
        "the AWS account has not signed up for S3, or not for this region",
        "finish the account's sign-up, or enable the region",
    ),
    cause(
        "all_access_disabled",
        &["allaccessdisabled"],
        &["AllAccessDisabled"],
        "all access to the bucket {bucket} is disabled by AWS",
        "ask AWS Support; or the bucket's name is one that AWS keeps for itself",
    ),
    cause(
        "security_header",
        &["invalidsecurity", "missingsecurityheader"],
        &["InvalidSecurity", "MissingSecurityHeader"],
        "the credentials were not accepted as they were sent",
        "write key, secret and token anew: {update} --credentials-file FILE",
    ),
    cause(
        "no_bucket",
        &["nosuchbucket", "bucket does not exist"],
        &["NoSuchBucket"],
        "there is no bucket {bucket}: mistyped, on another S3 server (--endpoint-url), or made just \
         now: S3 can take minutes to hours to know a new bucket everywhere",
        "make it (uns3 bucket create --remote-url s3://{bucket}/), or {again}",
    ),
    cause(
        "no_key",
        &["nosuchkey"],
        &["NoSuchKey"],
        "there is no such file in s3://{bucket}/{folder}",
        "put one there, or correct the remote URL",
    ),
    cause(
        "bucket_name",
        &["invalidbucketname", "bucket is not valid"],
        &["InvalidBucketName"],
        "the server takes {bucket} for no bucket's name",
        "correct the remote URL",
    ),
    cause(
        "moving",
        &["temporaryredirect", "(307)"],
        &["TemporaryRedirect"],
        "the bucket was made a short while ago, and its name does not lead to its region yet",
        "{again}; or name its region's host, such as --endpoint-url \
         https://s3.{region}.amazonaws.com",
    ),
    cause(
        "region",
        &["permanentredirect", "authorizationheadermalformed", "must be addressed", "(301)",
          "illegallocationconstraint"],
        &["AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "IncorrectEndpoint",
          "PermanentRedirect"],
        "the bucket {bucket} is in another region than the one that was asked: {region}",
        "give the address of its region, such as --endpoint-url https://s3.{region}.amazonaws.com",
    ),
    cause(
        "archived",
        &["invalidobjectstate", "storage class"],
        &["InvalidObjectState"],
        "the file is archived (Glacier), and cannot be read before it is restored",
        "restore the files, or read another folder",
    ),
    cause(
        "acl",
        &["accesscontrollistnotsupported"],
        &["AccessControlListNotSupported"],
        "the bucket allows no ACLs, and the request set one",
        "nothing that the connector sends does: look for a proxy that adds x-amz-acl",
    ),
    cause(
        "trailers",
        &["notimplemented", "xamzcontentsha256mismatch", "(501)"],
        &["NotImplemented", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"],
        "the S3 server is too old for the checksums that the connector sends after a file (AWS's \
         SDKs do since January 2025): a plain PUT may work, the platform's does not",
        "update the S3 server, or reach it over http:// from within its network, where no trailer is \
         sent",
    ),
    cause(
        "method",
        &["methodnotallowed", "(405)"],
        &["MethodNotAllowed"],
        "the endpoint does not speak S3's API: a web console, a website's endpoint, or a proxy",
        "give the API's address in --endpoint-url: MinIO's console and API have different ports, and \
         s3-website hosts only show pages",
    ),
    cause(
        "busy",
        &["slowdown", "reduce your request rate", "serviceunavailable", "(503)", "throttl"],
        &["SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException",
          "RequestLimitExceeded", "KMS.ThrottlingException", "TooManyRequestsException"],
        "S3 was busy",
        "{again}",
    ),
    cause(
        "aborted",
        &["operationaborted", "conflicting conditional operation"],
        &["OperationAborted", "ConditionalRequestConflict"],
        "another change of the bucket is under way: it is being made or deleted",
        "wait a few minutes, and {again}",
    ),
    cause(
        "server_error",
        &["internalerror", "internal error", "(500)"],
        &["InternalError", "InternalFailure", "InternalServiceException"],
        "the S3 server failed",
        "{again}",
    ),
    cause(
        "digest",
        &["baddigest", "invaliddigest"],
        &["BadDigest", "InvalidDigest"],
        "what arrived at the server is not what was sent",
        "look for a proxy or gateway that changes what passes through it",
    ),
    cause(
        "length",
        &["missingcontentlength", "length required"],
        &["MissingContentLength"],
        "the server wants the length of a file said first, and the connector sends chunks",
        "update the S3 server",
    ),
    cause(
        "key_too_long",
        &["keytoolong"],
        &["KeyTooLongError"],
        "the folder's name is too long for S3, which ends keys at 1024 bytes",
        "use a shorter folder in the remote URL",
    ),
    cause(
        "quota",
        &["quotaexceeded", "storage full", "xminiostoragefull", "insufficient storage"],
        &["QuotaExceeded", "XMinioStorageFull", "InsufficientStorage"],
        "the server has no room left for this bucket or user",
        "raise the quota, or free some room",
    ),
    cause(
        "too_large",
        &["entitytoolarge"],
        &["EntityTooLarge"],
        "the server takes no file as large as that",
        "raise its limit",
    ),
    cause(
        "precondition",
        &["preconditionfailed"],
        &["PreconditionFailed"],
        "the bucket's rules forbid to overwrite what is there",
        "allow it, or use an empty folder",
    ),
    cause(
        "invalid_request",
        &["invalidrequest", "invalidargument"],
        &["InvalidRequest", "InvalidArgument", "MalformedXML"],
        "the server did not accept the request as it was written",
        "its words say why; often a rule of the bucket's: encryption, object lock, a retention",
    ),
    cause(
        "assume_role",
        &["perform: sts:assumerole"],
        &[],
        "the role may not be assumed by these credentials",
        "let the role's trust policy name them: uns3 bucket policy --trust",
    ),
    cause(
        "session_policy",
        &["malformedpolicydocument", "packedpolicytoolarge"],
        &["MalformedPolicyDocument", "PackedPolicyTooLarge"],
        "STS did not accept the session policy",
        "--no-scope assumes the role without one",
    ),
    cause(
        "broken",
        &["connection was closed", "connection reset", "incompleteread", "connection broke",
          "connection closed", "error reading a body"],
        &[],
        "the connection to {endpoint} broke",
        "{again}; where it stays so, a firewall or gateway is on the way",
    ),
    cause(
        "unreachable",
        &["could not connect", "network is unreachable", "no route to host", "connect timeout",
          "connection", "tcp connect error"],
        &[],
        "the S3 server at {endpoint} cannot be reached",
        "check --endpoint-url, and that the server can be reached from outside your network",
    ),
    cause(
        "not_s3",
        &["without an etag", "without listbucketresult", "redirects to", "<html"],
        &[],
        "what answers at {endpoint} does not speak S3's language: a web page, a sign-in portal or a \
         proxy",
        "give the S3 API's own address in --endpoint-url",
    ),
];
