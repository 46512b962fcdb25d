"""What runs delivered, or were about to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field
from sqlalchemy import RowMapping, and_, or_, select

from engine.journal.journal import Journal
from engine.journal.tables import deliveries, runs
from engine.service.views.delivered_file import local_path
from engine.service.views.paging import USUAL, cursor_of, key_of
from engine.service.views.view import View, parsed


class FileView(View):
    """One file of a delivery."""

    number: int = Field(description="Counts from 0 in its delivery; by it the file is downloaded.")
    name: str
    target: str
    rows: int | None
    bytes: int | None
    sha256: str | None
    link: str | None = Field(description="Where anyone may read it; only of a public file.")
    can_be_downloaded: bool = Field(description="Whether it lies where it was delivered, on this machine.")


class DeliveryView(View):
    """One delivery of a run."""

    run_id: str
    id: str
    workflow: str
    kind: str
    target: str
    status: str = Field(description="pending, delivered, incomplete, failed, skipped or uncertain.")
    rows: int | None
    bytes: int | None
    started_at: str
    finished_at: str | None
    error: str | None
    outcome: dict[str, int] = Field(description="What became of rows of a table, or of messages.")
    files: list[FileView]


class DeliveryPage(View):
    """Some of the deliveries, the latest first."""

    deliveries: list[DeliveryView]
    next: str | None = Field(description="Give it as `after` to have the page behind this one; null on the last one.")


def deliveries_of_run(journal: Journal, run_id: str) -> list[DeliveryView]:
    """The deliveries of a run, in the order in which they began."""
    asked = _asked(journal).where(deliveries.c.run_id == run_id).order_by(deliveries.c.started_at)
    with journal.looking() as connection:
        return [_view(each) for each in connection.execute(asked).mappings()]


def delivery_of(journal: Journal, run_id: str, delivery: str) -> DeliveryView | None:
    """One delivery; None where the run has begun none of that name."""
    asked = _asked(journal).where((deliveries.c.run_id == run_id) & (deliveries.c.delivery == delivery))
    with journal.looking() as connection:
        found = connection.execute(asked).mappings().first()
    return None if found is None else _view(found)


def delivery_page(journal: Journal, *, workflow: str | None = None, status: str | None = None, limit: int = USUAL,
                  after: str | None = None) -> DeliveryPage:  # fmt: skip
    """The deliveries of all runs, the latest first.

    Raises:
        PageProblem: `after` is none that a page gave.
    """
    table = deliveries.c
    asked = _asked(journal)
    if workflow is not None:
        asked = asked.where(table.workflow == workflow)
    if status is not None:
        asked = asked.where(table.status == status)
    if after is not None:
        at, run_id, name = key_of(after, parts=3)
        same = table.started_at == at
        asked = asked.where(or_(
            table.started_at < at,
            and_(same, table.run_id < run_id),
            and_(same, table.run_id == run_id, table.delivery < name),
        ))  # fmt: skip
    order = (table.started_at.desc(), table.run_id.desc(), table.delivery.desc())
    with journal.looking() as connection:
        found = [_view(each) for each in connection.execute(asked.order_by(*order).limit(limit + 1)).mappings()]
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else cursor_of(last.started_at, last.run_id, last.id)
    return DeliveryPage(deliveries=found[:limit], next=following)


def base_of_run(journal: Journal, run_id: str) -> Path | None:
    """The folder of the run's workflow; None where no run of that id has begun."""
    with journal.looking() as connection:
        own = (runs.c.tenant == journal.tenant) & (runs.c.run_id == run_id)
        found = connection.execute(select(runs.c.base).where(own)).scalar()
    return None if found is None else Path(found)


def _asked(journal: Journal) -> Any:
    own = and_(runs.c.tenant == deliveries.c.tenant, runs.c.run_id == deliveries.c.run_id)
    return (
        select(deliveries, runs.c.base)
        .select_from(deliveries.outerjoin(runs, own))
        .where(deliveries.c.tenant == journal.tenant)
    )


def _view(row: RowMapping) -> DeliveryView:
    told = parsed(row["result"])
    return DeliveryView(
        run_id=row["run_id"], id=row["delivery"], workflow=row["workflow"], kind=row["kind"], target=row["target"],
        status=told.get("status") or row["status"], rows=row["rows"], bytes=row["bytes"],
        started_at=row["started_at"], finished_at=row["finished_at"], error=told.get("error"),
        outcome=told.get("outcome") or {}, files=list(_files(row, told)),
    )  # fmt: skip


def _files(row: RowMapping, told: dict[str, Any]) -> Iterator[FileView]:
    """The files of a delivery that stands; of one that was announced only nobody knows whether they are there."""
    if row["kind"] != "file" or row["status"] != "delivered":
        return
    base = None if row["base"] is None else Path(row["base"])
    for number, each in enumerate(told.get("files") or [told]):
        target = str(each.get("target", row["target"]))
        size = each.get("bytes")
        yield FileView(
            number=number, name=target.replace("\\", "/").rpartition("/")[2], target=target, rows=each.get("rows"),
            bytes=size, sha256=each.get("sha256"), link=each.get("link"),
            can_be_downloaded=base is not None and local_path(target, base=base, bytes=size) is not None,
        )  # fmt: skip
