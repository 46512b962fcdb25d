"""The keys of the API, without what is secret of them."""

from __future__ import annotations

from pydantic import Field

from engine.journal.journal import Journal
from engine.service.store.keys import ApiKey, list_keys
from engine.service.views.view import View


class KeyView(View):
    """One key."""

    key: str = Field(description="Its public part.")
    name: str
    scopes: list[str]
    is_valid: bool = Field(description="Whether it counts now.")
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    used_at: str | None


def key_views(journal: Journal) -> list[KeyView]:
    """All keys, the oldest first."""
    return [key_view(each) for each in list_keys(journal)]


def key_view(each: ApiKey) -> KeyView:
    return KeyView(key=each.key, name=each.name, scopes=each.scopes.split(), is_valid=each.is_valid,
                   created_at=each.created_at, expires_at=each.expires_at, revoked_at=each.revoked_at,
                   used_at=each.used_at)  # fmt: skip
