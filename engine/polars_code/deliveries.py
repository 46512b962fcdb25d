"""How a script writes a delivery: the columns as weirflow's own writer gives them to Polars, and a sink."""

from __future__ import annotations

from typing import Any

from connectors.files import coercion
from engine.file_output import FileOutput
from engine.plan import Plan
from engine.polars_code.nodes import Attribute, Call, Name, Node
from engine.polars_code.plainer import plainer
from engine.polars_code.recording import Recorded, recorded_pl
from ir import types as t

_PLAIN_OPTIONS = {"delimiter", "header", "overwrite", "date_format", "description"}


def sink_code(plan: Plan, output: FileOutput, rows: Recorded, target: str) -> tuple[Node, str | None] | None:
    """The statement that writes the file and a remark about it; None where Polars cannot write it."""
    assert output.frame is not None
    schema = output.frame.schema
    options = output.delivery.options
    given = {key for key, value in options if value is not None and key in options.model_fields_set}
    zone = plan.compiled.workflow.settings.timezone
    match output.format.name:
        case "parquet" if given <= {"overwrite", "description"}:
            return _call(rows.node, "sink_parquet", target), None
        case "csv" | "tsv" if given <= _PLAIN_OPTIONS:
            cells = coercion.csv_columns(schema, timezone=zone, date_format=options.date_format)
            named: dict[str, Any] = {}
            separator = {"\\t": "\t", "tab": "\t"}.get(options.delimiter or "", options.delimiter)
            separator = separator or ("\t" if output.format.name == "tsv" else None)
            if separator and separator != ",":
                named["separator"] = separator
            if options.header is False:
                named["include_header"] = False
            if any(kind == t.Datetime() for _, kind in schema.items()):
                named["datetime_format"] = coercion.DATETIME
            return _call(_selected(rows, cells), "sink_csv", target, **named), None
        case "ndjson" if given <= {"overwrite", "description"}:
            remark = None
            if any(isinstance(kind, t.Decimal | t.Json) for _, kind in schema.items()):
                remark = "decimals and json columns stand as text in this file; weirflow writes them as JSON values"
            cells = [
                coercion.json_value(recorded_pl.col(name), kind, timezone=zone).alias(name)
                for name, kind in schema.items()
            ]
            return _call(_selected(rows, cells), "sink_ndjson", target), remark
    return None


def _selected(rows: Recorded, cells: list[Any]) -> Node:
    """The rows with their cells made text, where any is."""
    names = list(rows.real.collect_schema())
    changed = [
        each for each, name in zip(cells, names, strict=True)
        if plainer(each.node) != Call(Attribute(Name("pl"), "col"), (name,), {})
    ]  # fmt: skip
    if not changed:
        return rows.node
    found: Any = rows.with_columns(changed)
    return found.node  # type: ignore[no-any-return]


def _call(rows: Node, method: str, target: str, **named: Any) -> Node:
    return Call(Attribute(rows, method), (target,), {**named, "mkdir": True} if "/" in target else named)
