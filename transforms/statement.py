"""The `sql` transform: one SELECT over the frames by name."""

from __future__ import annotations

from pydantic import Field

from ir.model.base import Section
from transforms.building import Building
from transforms.frame import Frame
from transforms.operation import Operation


class SqlConfig(Section):
    """One SELECT over the frames by name, in DuckDB's dialect."""

    query: str = Field(description="The SELECT.", min_length=1)


def build_sql(config: SqlConfig, rows: Frame, building: Building) -> Operation | None:
    building.error("IR290", "this version cannot run sql transforms yet", "query")
    return None
