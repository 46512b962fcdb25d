"""What runs delivered."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from starlette.responses import Response

from engine.service.views.deliveries import DeliveryPage, delivery_page
from engine.service.web.files import download
from engine.service.web.queries import Paging, Text
from engine.service.web.routes import Call, Refused, Route, as_json


class DeliveriesAsked(Paging):
    """Which deliveries are listed."""

    workflow: Text | None = Field(None, description="Only those of this workflow.")
    status: Literal["pending", "delivered", "failed", "uncertain"] | None = Field(
        None, description="Only those that stand so in the journal."
    )


def _list(call: Call) -> Response:
    asked: DeliveriesAsked = call.asked
    return as_json(delivery_page(call.context.journal, workflow=asked.workflow, status=asked.status,
                                 limit=asked.limit, after=asked.after))  # fmt: skip


def _download(call: Call) -> Response:
    number = call.path["number"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Refused(404, "no such file was delivered")
    return download(call, call.path["run_id"], call.path["delivery"], int(number))


ROUTES = (
    Route(method="GET", path="/api/deliveries", scope="read", answer=_list, summary="The deliveries, the latest first",
          asks=DeliveriesAsked, gives=DeliveryPage),
    Route(method="GET", path="/api/runs/{run_id}/deliveries/{delivery}/files/{number}", scope="read",
          answer=_download, summary="A file that a delivery made", media="application/octet-stream"),
)  # fmt: skip
