"""The keys of the API: of each only the hash of its secret part is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any, Literal, cast

from sqlalchemy import RowMapping, select

from engine.journal.journal import Journal, insert_new
from engine.journal.records import instant
from engine.journal.tables import keys
from ir.records import dataclass

Scope = Literal["read", "run", "edit", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "run", "edit", "admin")
"""Each may what those before it may: look at everything; start, cancel, resume and replay runs and send events; put
workflows, schedules and webhooks; keys and settings."""
_PREFIX = "wf"
KEY_TEXT = r"wf_[0-9a-f]{12}\.[A-Za-z0-9_-]{43}"
"""The form of what whoever has a key sends; no other text is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key without its secret; see engine.journal.tables."""

    key: str
    name: str
    secret_sha256: str
    scopes: str
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None
    used_at: str | None = None

    def may(self, scope: Scope) -> bool:
        return any(SCOPES.index(each) >= SCOPES.index(scope) for each in SCOPES if each in self.scopes.split())

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > instant())


def create_key(journal: Journal, name: str, scopes: Sequence[Scope], *, expires_at: str | None = None
               ) -> tuple[ApiKey, str]:  # fmt: skip
    """A new key, and the text that whoever has it sends: it is told this once."""
    secret = secrets.token_urlsafe(32)
    made = ApiKey(key=secrets.token_hex(6), name=name, scopes=" ".join(scopes), created_at=instant(),
                  secret_sha256=hashlib.sha256(secret.encode()).hexdigest(), expires_at=expires_at)  # fmt: skip
    with journal.writing() as connection:
        row = {field: getattr(made, field) for field in ApiKey.__dataclass_fields__}
        insert_new(connection, keys, {**row, "tenant": journal.tenant})
    return made, f"{_PREFIX}_{made.key}.{secret}"


def key_of(journal: Journal, text: str) -> ApiKey | None:
    """The valid key that the text is; None for every other text."""
    public, _, secret = text.removeprefix(f"{_PREFIX}_").partition(".")
    with journal.looking() as connection:
        row = connection.execute(select(keys).where((keys.c.tenant == journal.tenant) & (keys.c.key == public))
                                 ).mappings().first()  # fmt: skip
    found = None if row is None else _key(row)
    given = hashlib.sha256(secret.encode()).hexdigest()
    is_right = hmac.compare_digest(given, found.secret_sha256 if found is not None else "")
    return found if found is not None and is_right and found.is_valid else None


def note_use(journal: Journal, key: str) -> None:
    """Write down that a key was used just now."""
    with journal.counting() as connection:
        found = (keys.c.tenant == journal.tenant) & (keys.c.key == key)
        connection.execute(keys.update().where(found).values(used_at=instant()))


def list_keys(journal: Journal) -> list[ApiKey]:
    """All keys, the oldest first."""
    with journal.looking() as connection:
        asked = select(keys).where(keys.c.tenant == journal.tenant).order_by(keys.c.created_at)
        return [_key(row) for row in connection.execute(asked).mappings()]


def revoke_key(journal: Journal, key: str) -> bool:
    """Let a key count no more; false where there is none."""
    with journal.writing() as connection:
        found = (keys.c.tenant == journal.tenant) & (keys.c.key == key)
        return connection.execute(keys.update().where(found).values(revoked_at=instant())).rowcount == 1


def _key(row: RowMapping) -> ApiKey:
    known = cast("dict[str, Any]", {name: value for name, value in row.items() if name != "tenant"})
    return ApiKey(**known)
