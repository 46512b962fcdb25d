"""The keys of the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from engine.service.store.keys import Scope, create_key, revoke_key
from engine.service.views.keys import KeyView, key_view, key_views
from engine.service.views.view import View
from engine.service.web.routes import Call, Refused, Route, as_json


class KeyWanted(BaseModel):
    """A key that is asked for."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$", description="Who or what has it.")
    scope: Scope = Field("run", description="What it may: each may what those before it may.")
    expires_in_days: int | None = Field(90, ge=1, le=3650, description="Null for a key that lasts until revoked.")


class KeyList(View):
    """The keys, the oldest first."""

    keys: list[KeyView]


class NewKey(View):
    """A key that was made. Its text is told this once."""

    key: KeyView
    text: str = Field(description="What is sent as Authorization: Bearer.")


def _list(call: Call) -> Response:
    return as_json(KeyList(keys=key_views(call.context.journal)))


def _create(call: Call) -> Response:
    wanted: KeyWanted = call.taken
    ends = None
    if wanted.expires_in_days is not None:
        ends = (datetime.now(UTC) + timedelta(days=wanted.expires_in_days)).isoformat(timespec="microseconds")
    made, text = create_key(call.context.journal, wanted.name, [wanted.scope], expires_at=ends)
    answer = as_json(NewKey(key=key_view(made), text=text), 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _revoke(call: Call) -> Response:
    if not revoke_key(call.context.journal, call.path["key"]):
        raise Refused(404, "there is no such key")
    return Response(status_code=204)


ROUTES = (
    Route(method="GET", path="/api/keys", scope="admin", answer=_list, summary="The keys", gives=KeyList),
    Route(method="POST", path="/api/keys", scope="admin", answer=_create, summary="Make a key", takes=KeyWanted,
          gives=NewKey, status=201),
    Route(method="DELETE", path="/api/keys/{key}", scope="admin", answer=_revoke, summary="Let a key count no more",
          status=204),
)  # fmt: skip
