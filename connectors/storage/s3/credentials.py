"""What a secret says about an S3 store: keys, endpoint, region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials, read_parts
from ir.records import dataclass

_PARTS = {
    "access_key_id": ("aws_access_key_id", "access_key", "key"),
    "secret_access_key": ("aws_secret_access_key", "secret_key", "secret"),
    "session_token": ("aws_session_token", "token"),
    "endpoint_url": ("aws_endpoint_url", "endpoint"),
    "region": ("region_name", "aws_region", "aws_default_region"),
    "addressing_style": (),
    "profile": ("profile_name", "aws_profile"),
    "anonymous": ("anon",),
    "server_side_encryption": ("sse",),
    "kms_key_id": ("sse_kms_key_id",),
    "requester_pays": (),
    "conditional_writes": (),
}
_FLAGS = ("anonymous", "requester_pays", "conditional_writes")
_STYLES = ("auto", "path", "virtual")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Credentials:
    """Who asks which endpoint; without keys it is the machine's own AWS configuration that answers."""

    access_key_id: str | None = None
    secret_access_key: str | None = None
    session_token: str | None = None
    endpoint_url: str | None = None
    region: str | None = None
    addressing_style: str = "auto"
    profile: str | None = None
    anonymous: bool = False
    server_side_encryption: str | None = None
    kms_key_id: str | None = None
    requester_pays: bool = False
    conditional_writes: bool = True

    def __repr__(self) -> str:
        return f"<credentials of S3 at {self.endpoint_url or 'AWS'}>"

    @property
    def uses_machine(self) -> bool:
        """Whether the keys come from the machine: its environment, files or role."""
        return self.access_key_id is None and not self.anonymous

    @property
    def is_path_style(self) -> bool:
        """Whether the bucket stands in the path, as it does with endpoints other than AWS unless they say so."""
        return self.addressing_style == "path" or (self.addressing_style == "auto" and self.endpoint_url is not None)


def read_credentials(found: Credentials, policy: Policy) -> S3Credentials:
    """The credentials of a secret; None is the machine's own.

    Raises:
        ConnectorProblem: IR585 for parts that do not make credentials, IR502 or IR504 where the policy forbids the
            endpoint or the machine's own keys.
    """
    parts: Mapping[str, object] = {}
    if found is not None:
        parts = _of_url(found) if isinstance(found, str) else found
    given = read_parts(parts, _PARTS, store="S3")
    flags: dict[str, Any] = {key: _flag(key, given.pop(key)) for key in _FLAGS if key in given}
    wrong = [key for key, value in given.items() if not isinstance(value, str)]
    if wrong:
        raise _wrong(f"{wrong[0]} is no text", "write it in quotes")
    texts: dict[str, Any] = {key: value for key, value in given.items() if value != ""}
    credentials = S3Credentials(**{**texts, **flags})
    if (credentials.access_key_id is None) != (credentials.secret_access_key is None):
        missing = "secret_access_key" if credentials.secret_access_key is None else "access_key_id"
        raise _wrong(f"{missing} is missing", "give both access_key_id and secret_access_key, or none")
    if credentials.addressing_style not in _STYLES:
        raise _wrong("addressing_style is none that S3 has", f"write one of {', '.join(_STYLES)}")
    if credentials.endpoint_url is not None:
        _check_endpoint(credentials.endpoint_url, policy)
    if credentials.uses_machine:
        policy.check_secret("machine", "aws")
    return credentials


def _of_url(text: str) -> Mapping[str, object]:
    """A URL of credentials: `s3://key:secret@` for AWS, `https://key:secret@host?region=…` for an endpoint."""
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise _wrong("the text is no URL", "write a JSON object, or https://key:secret@host?region=…") from error
    if parts.scheme not in {"s3", "http", "https"}:
        raise _wrong("the text is no URL", "write a JSON object, or https://key:secret@host?region=…")
    found: dict[str, object] = {**dict(parse_qsl(parts.query))}
    if parts.username:
        found["access_key_id"] = unquote(parts.username)
        found["secret_access_key"] = unquote(parts.password or "")
    if parts.scheme != "s3":
        found["endpoint_url"] = f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path.rstrip('/')}"
    return found


def _flag(key: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in {"true", "false"}:
        return str(value).lower() == "true"
    raise _wrong(f"{key} is neither true nor false", "write true or false")


def _check_endpoint(url: str, policy: Policy) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _wrong("endpoint_url is no URL of a server", "write one such as https://minio.example.com:9000")
    policy.check_endpoint(parts.hostname)


def _wrong(what: str, hint: str) -> ConnectorProblem:
    return ConnectorProblem("IR585", f"credentials of S3: {what}", key=("credentials_ref",), hint=hint)
