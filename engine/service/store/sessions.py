"""Who is logged in to the console: of each session only the hash of its token is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import select

from engine.journal.journal import Journal, insert_new
from engine.journal.records import instant
from engine.journal.tables import keys, sessions
from engine.service.store.keys import ApiKey

LASTS = timedelta(hours=12)


def begin_session(journal: Journal, key: ApiKey) -> str:
    """A session of whoever has the key; the token that stands for it is told this once. Those that are over go."""
    token = secrets.token_urlsafe(32)
    now = instant()
    row = {"tenant": journal.tenant, "session_sha256": _hash(token), "key": key.key, "created_at": now,
           "expires_at": (datetime.fromisoformat(now) + LASTS).isoformat(timespec="microseconds")}  # fmt: skip
    with journal.writing() as connection:
        connection.execute(sessions.delete().where(sessions.c.expires_at <= now))
        insert_new(connection, sessions, row)
    return token


def key_of_session(journal: Journal, token: str) -> ApiKey | None:
    """The valid key that the session was begun with; None where the session is over or the key counts no more."""
    open_one = (sessions.c.tenant == journal.tenant) & (sessions.c.session_sha256 == _hash(token))
    asked = select(keys).join(sessions, (keys.c.tenant == sessions.c.tenant) & (keys.c.key == sessions.c.key))
    with journal.looking() as connection:
        row = connection.execute(asked.where(open_one & (sessions.c.expires_at > instant()))).mappings().first()
    if row is None:
        return None
    found = ApiKey(**cast("dict[str, Any]", {name: value for name, value in row.items() if name != "tenant"}))
    return found if found.is_valid else None


def end_session(journal: Journal, token: str) -> None:
    """Log out."""
    ended = (sessions.c.tenant == journal.tenant) & (sessions.c.session_sha256 == _hash(token))
    with journal.writing() as connection:
        connection.execute(sessions.delete().where(ended))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
