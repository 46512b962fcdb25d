"""Dedup against references: rows of `data` whose key stands in a source of role deduplicate are dropped (section 3)."""

from __future__ import annotations

from ir.model.source import Source
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
    at = "identifier_fields" if getattr(config, "identifier_fields", None) else "identifier_field"
    on = checked_keys([(key, key) for key in keys], rows, reference, building, at)
    hours, field = getattr(config, "time_window_hours", None), getattr(config, "timestamp_field", None)
    if on is None:
        return None
    if hours is not None and field is not None:
        if field in reference.schema:
            young = _by_age(field, hours, reference, building, younger=True)
            reference = building.add_hidden(f"{reference.name}_recent", young) if young else reference
        elif building.column(field, rows.schema, "timestamp_field"):
            kept = join(rows, reference, how="anti", on=on)
            return _by_age(field, hours, building.add_hidden(f"{rows.name}_new", kept), building, younger=False)
        else:
            return None
    return join(rows, reference, how="anti", on=on)


def _by_age(field: str, hours: float, rows: Frame, building: Building, *, younger: bool) -> Filter | None:
    quoted = '"' + field.replace('"', '""') + '"'
    since = f"now() - interval '{round(hours * 3600)}' second"
    text = f"{quoted} >= {since}" if younger else f"{quoted} < {since} or {quoted} is null"
    where = building.bound(text, building.scope(rows.schema), "timestamp_field")
    return keep_where(rows, where, text) if where else None
