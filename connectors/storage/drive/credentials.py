"""What a secret says about a Google Drive: a token, a refresh token of an app, or a service account's key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from connectors.policy import Policy
from connectors.storage.account import Credentials
from connectors.storage.google import GOOGLE_PARTS, google_tokens
from connectors.storage.tokens import Tokens, read_texts
from ir.records import dataclass

_SCOPE = "https://www.googleapis.com/auth/drive"
_GOOGLE = "https://www.googleapis.com"
_PARTS: Mapping[str, tuple[str, ...]] = {
    **GOOGLE_PARTS, "drive_id": (), "folder_id": (), "api_base": (), "upload_base": (), "quota_project_id": (),
}  # fmt: skip
_PLACES = ("api_base", "upload_base", "drive_id", "folder_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveCredentials:
    """Who asks, where, and in which folder paths begin."""

    tokens: Tokens = field(repr=False)
    api_base: str = _GOOGLE
    upload_base: str = _GOOGLE
    drive_id: str | None = None
    """A shared drive; without one it is the account's own."""
    folder_id: str | None = None
    """Where paths begin, if not at the top."""

    @property
    def root(self) -> str:
        return self.folder_id or self.drive_id or "root"


def read_credentials(found: Credentials, policy: Policy) -> DriveCredentials:
    """The credentials of a secret: a JSON object of parts, or the bare access token.

    Raises:
        ConnectorProblem: IR585 for parts that do not make credentials, IR586 for none at all, IR502 where the policy
            forbids a server they name.
    """
    texts = read_texts(found, _PARTS, policy, store="Google Drive", variable="WEIRFLOW_GOOGLE_DRIVE")
    places = {key: texts[key].rstrip("/") for key in _PLACES if key in texts}
    return DriveCredentials(tokens=google_tokens(texts, _SCOPE, store="Google Drive", extra="google-drive"), **places)
