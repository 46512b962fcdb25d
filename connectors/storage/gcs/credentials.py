"""What a secret says about Google Cloud Storage: a service account's key, a refresh token, a token, or nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from connectors.policy import Policy
from connectors.storage.account import Credentials
from connectors.storage.google import GOOGLE_PARTS, google_tokens
from connectors.storage.tokens import Tokens, read_texts
from ir.records import dataclass

_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_API = "https://storage.googleapis.com"
STORE = "Google Cloud Storage"
_PARTS: Mapping[str, tuple[str, ...]] = {
    **GOOGLE_PARTS, "anonymous": ("anon",), "billing_project": ("quota_project_id", "requester_pays"),
    "api_base": ("endpoint_url",),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GcsCredentials:
    """Who asks, and where."""

    tokens: Tokens | None = field(repr=False)
    """None where nobody in particular asks, as for public buckets."""
    api_base: str = _API
    billing_project: str | None = None
    """Who pays for what is asked of a bucket whose owner does not."""


def read_credentials(found: Credentials, policy: Policy) -> GcsCredentials:
    """The credentials of a secret: a JSON object of parts, or the bare access token.

    Raises:
        ConnectorProblem: IR585 for parts that do not make credentials, IR586 for none at all, IR502 where the policy
            forbids a server they name.
    """
    is_anonymous = False
    if isinstance(found, Mapping):
        is_anonymous = str(found.get("anonymous", found.get("anon", ""))).lower() == "true"
        found = {key: each for key, each in found.items() if key not in ("anonymous", "anon")}
    if is_anonymous and isinstance(found, Mapping) and not found:
        return GcsCredentials(tokens=None)
    texts = read_texts(found, _PARTS, policy, store=STORE, variable="the secret it names")
    kept = {key: texts[key] for key in ("api_base", "billing_project") if key in texts}
    if is_anonymous:
        return GcsCredentials(tokens=None, **kept)
    return GcsCredentials(tokens=google_tokens(texts, _SCOPE, store=STORE, extra="gcs"), **kept)
