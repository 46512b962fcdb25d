"""Dedup against references: rows of `data` whose key stands in a source of role deduplicate are dropped (section 3)."""

from __future__ import annotations

from ir.diagnostics import Pointer
from ir.expression_lexer import quoted
from ir.model.source import Source
from ir.types import Date, Datetime
from transforms.building import Building
from transforms.enrich import checked_keys
from transforms.filter import Filter, keep_where
from transforms.frame import Frame
from transforms.join import join
from transforms.operation import Operation


def build_reference(source: Source, rows: Frame, reference: Frame, building: Building) -> Operation | None:
    """The anti join with `reference` on its identifier fields, or None after errors.

    With `time_window_hours` only reference rows younger than that count; where the timestamp stands only in
    `data`, its own rows younger than that are dropped as well.
    """
    config = getattr(source, "config", None)
    single = getattr(config, "identifier_field", None)
    keys = [single] if single else list(getattr(config, "identifier_fields", None) or ["id"])
    places: list[Pointer] = [("identifier_fields", index) for index in range(len(keys))]
    if not getattr(config, "identifier_fields", None):
        places = [("identifier_field",)]
    on = checked_keys([(key, key) for key in keys], rows, reference, building, [(at, at) for at in places])
    hours, field = getattr(config, "time_window_hours", None), getattr(config, "timestamp_field", None)
    if on is None:
        return None
    if hours is not None and field is not None:
        if field in reference.schema:
            young = _by_age(field, hours, reference, building, younger=True)
            if young is None:
                return None
            reference = building.add_hidden(f"{reference.name}_recent", young)
        elif building.column(field, rows.schema, "timestamp_field"):
            kept = join(rows, reference, how="anti", on=on)
            return _by_age(field, hours, building.add_hidden(f"{rows.name}_new", kept), building, younger=False)
        else:
            return None
    return join(rows, reference, how="anti", on=on)


def _by_age(field: str, hours: float, rows: Frame, building: Building, *, younger: bool) -> Filter | None:
    if not isinstance(rows.schema[field], Date | Datetime):
        building.error("IR411", f'"{field}" of "{rows.name}" is {rows.schema[field]}, a date or datetime is needed',
                       "timestamp_field", hint=building.cast_hint(field, "datetime"))  # fmt: skip
        return None
    column = quoted(field)
    # without a zone a time is one of settings.timezone, as everywhere
    moment = f"cast({column} as datetime with time zone)"
    since = f"now() - interval '{round(hours * 3600)}' second"
    text = f"{moment} >= {since}" if younger else f"{moment} < {since} or {column} is null"
    where = building.bound(text, building.scope(rows.schema), "timestamp_field")
    return keep_where(rows, where, text) if where else None
