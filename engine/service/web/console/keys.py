"""The keys: who may ask the service, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from engine.service.store.keys import SCOPES, Scope, create_key, list_keys, revoke_key
from engine.service.web.console.rendering import address, moved, page
from engine.service.web.routes import Call, Refused, Route

LASTS: Mapping[str, timedelta | None] = {
    "30": timedelta(days=30), "90": timedelta(days=90), "365": timedelta(days=365), "": None,
}  # fmt: skip
MEANINGS: Mapping[Scope, str] = {
    "read": "look at everything",
    "run": "also start, cancel, resume and replay runs",
    "edit": "also change workflows, schedules and webhooks",
    "admin": "also make and revoke keys",
}
MOST_LETTERS = 100


def _list(call: Call) -> Response:
    return _page(call)


def _page(call: Call, *, status: int = 200, problem: str = "", made: str = "", name: str = "") -> Response:
    return page(call, "keys.html", status=status, keys=list_keys(call.context.journal), scopes=SCOPES,
                meanings=MEANINGS, problem=problem, made=made, name=name)  # fmt: skip


def _create(call: Call) -> Response:
    name, scope = call.form.get("name", "").strip(), call.form.get("scope", "")
    lasts = call.form.get("lasts", "90")
    if not name or len(name) > MOST_LETTERS or not name.isprintable():
        return _page(call, status=422, problem=f"a key needs a name of 1 to {MOST_LETTERS} letters", name=name)
    found = next((each for each in SCOPES if each == scope), None)
    if found is None or lasts not in LASTS:
        raise Refused(422, f'"{scope}" is not one of {", ".join(SCOPES)}')
    span = LASTS[lasts]
    ends = None if span is None else (datetime.now(UTC) + span).isoformat(timespec="microseconds")
    _, text = create_key(call.context.journal, name, [found], expires_at=ends)
    return _page(call, made=text, name=name)


def _revoke(call: Call) -> Response:
    if not revoke_key(call.context.journal, call.path["key"]):
        raise Refused(404, "there is no such key")
    return moved(address("keys"))


ROUTES = (
    Route(method="GET", path="/keys", scope="admin", answer=_list, kind="page", media="text/html", summary="The keys"),
    Route(method="POST", path="/keys", scope="admin", answer=_create, kind="page", media="text/html",
          summary="Make a key"),
    Route(method="POST", path="/keys/{key}/revoke", scope="admin", answer=_revoke, kind="page", media="text/html",
          summary="Revoke a key"),
)  # fmt: skip
