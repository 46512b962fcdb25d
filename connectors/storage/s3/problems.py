"""What an S3 store answered, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from connectors.problem import ConnectorProblem
from connectors.storage.s3.credentials import S3Credentials
from ir.reasons import RetryReason

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"}
_DENIED = {"AccessDenied", "AllAccessDisabled", "403", "Forbidden", "UnauthorizedAccess", "AccountProblem"}
_ELSEWHERE = {"PermanentRedirect", "TemporaryRedirect", "301", "307", "AuthorizationHeaderMalformed",
              "IllegalLocationConstraintException"}  # fmt: skip
_BUSY: dict[str, RetryReason] = {
    "SlowDown": "rate_limit", "Throttling": "rate_limit", "InternalError": "server_error", "500": "server_error",
    "502": "server_error", "ServiceUnavailable": "temporary_failure", "503": "temporary_failure",
    "RequestTimeout": "timeout", "504": "timeout",
}  # fmt: skip
_UNREACHABLE = {"EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError",
                "ClientConnectorError", "ConnectionError", "HTTPClientError", "TimeoutError", "ProxyConnectionError",
                "ClientConnectorDNSError", "SSLError"}  # fmt: skip
_WRITING = "s3:PutObject and s3:AbortMultipartUpload (s3:PutObjectAcl where it is public)"
_READING = "s3:GetObject and s3:ListBucket"


class NoStore(Exception):
    """What answers speaks another language."""


def code_of(error: BaseException) -> str:
    """The store's own word for an error, such as NoSuchBucket; empty where the store did not speak."""
    for each in _chain(error):
        response = getattr(each, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""


def passes(error: Exception) -> bool:
    """Whether the same request may go well a moment later."""
    return code_of(error) in _BUSY or bool({type(each).__name__ for each in _chain(error)} & _UNREACHABLE)


def s3_problem(error: Exception, shown: str, *, verb: str, credentials: S3Credentials) -> ConnectorProblem:
    """The diagnostic; `verb` is what was to be done with the file."""
    code, kinds = code_of(error), {type(each).__name__ for each in _chain(error)}
    bucket = urlsplit(shown).netloc
    whose = ("credentials_ref",)
    failed = f"{shown} could not be {verb}"
    if code == "NoSuchBucket" or (code == "404" and verb == "written"):
        return ConnectorProblem("IR587", f'there is no bucket "{bucket}"', key=("location",),
                                hint="check its name and the endpoint; buckets are not made by a run")  # fmt: skip
    if code == "InvalidBucketName" or "ParamValidationError" in kinds:
        return ConnectorProblem("IR587", f'"{bucket}" is no name of a bucket', key=("location",),
                                hint="write s3://bucket/folder")  # fmt: skip
    if code in _EXPIRED:
        return ConnectorProblem("IR586", f"{failed}: the session token has expired", key=whose,
                                hint="put new keys where the credentials come from")  # fmt: skip
    if code in {"InvalidAccessKeyId", "InvalidToken", "NoSuchKeyId"}:
        return ConnectorProblem("IR586", f"{failed}: the store does not know these keys", key=whose,
                                hint="check access_key_id, session_token and the endpoint")  # fmt: skip
    if code == "SignatureDoesNotMatch":
        return ConnectorProblem("IR586", f"{failed}: secret_access_key does not fit access_key_id", key=whose,
                                hint="copy both again; characters such as + and / belong to the secret")  # fmt: skip
    if code == "RequestTimeTooSkewed":
        return ConnectorProblem("IR586", f"{failed}: the clock here and the store's are too far apart", key=whose,
                                hint="set the clock of this machine")  # fmt: skip
    if code == "AccessControlListNotSupported":
        return ConnectorProblem("IR620", f'the bucket "{bucket}" has no access lists, so that no file of it can be '
                                "made public by itself", key=("options", "public"),
                                hint="leave public out, and give the folder a bucket policy")  # fmt: skip
    if code in _DENIED:
        return ConnectorProblem("IR586", f"{failed}: access was denied", key=whose,
                                hint=f"the keys need {_WRITING if verb == 'written' else _READING}")  # fmt: skip
    if kinds & {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "ProfileNotFound",
                "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError"}:  # fmt: skip
        return ConnectorProblem(
            "IR586", f"{failed}: there are no keys for S3", key=whose,
            hint="write credentials_ref, or configure AWS on this machine",
        )  # fmt: skip
    if code in _ELSEWHERE:
        return ConnectorProblem("IR589", f'the bucket "{bucket}" is in another region', key=whose,
                                hint="give its region in the credentials")  # fmt: skip
    if code == "NotImplemented":
        return ConnectorProblem(
            "IR624", f"{failed}: the store knows no writing that only happens where nothing stands", key=whose,
            hint="write conditional_writes: false in the credentials if nobody else writes there",
        )  # fmt: skip
    if code in _BUSY:
        return ConnectorProblem("IR589", f"{failed}: the store answered {code} again and again", key=("location",),
                                hint="try again later", reason=_BUSY[code])  # fmt: skip
    server = urlsplit(credentials.endpoint_url or "").netloc.rpartition("@")[2] or "AWS"
    if kinds & _UNREACHABLE:
        return ConnectorProblem("IR589", f"{failed}: {server} does not answer", key=whose,
                                hint="check endpoint_url and the network",
                                reason="timeout" if any("Timeout" in each for each in kinds) else "network_error",
                                )  # fmt: skip
    if kinds & {"ResponseParserError", "InvalidEndpointURL", "ValueError", "NoStore"}:
        return ConnectorProblem("IR589", f"{failed}: what answers at {server} is no S3 store", key=whose,
                                hint="check endpoint_url")  # fmt: skip
    reason = code or type(error).__name__
    return ConnectorProblem("IR608" if verb == "written" else "IR506", f"{failed}: {reason}", key=("location",),
                            hint="check the address, the network and the credentials")  # fmt: skip


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those it came of; a group's first stands for the group."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        is_group = isinstance(found, BaseExceptionGroup)
        found = found.exceptions[0] if is_group else found.__cause__ or found.__context__  # type: ignore[attr-defined]
