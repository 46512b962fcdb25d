"""enrichments[]: the original's joins become transforms, placed before the document's own."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ir.diagnostics import did_you_mean
from ir.dialects.pieces import Made, Piece, elements, members, plain, without
from ir.dialects.saying import Saying
from ir.dialects.sources import Sources
from ir.model.originals import Enrichment
from ir.structure import report_structure

Parts = dict[str, Piece]


def with_joins(root: Parts, saying: Saying) -> Parts:
    """The document with a transform for each enrichment."""
    written = root.get("enrichments")
    if written is None or not isinstance(written.value, list):
        return root
    rest = without(root, "enrichments")
    sources = Sources.of(root)
    current: dict[str, str] = {}
    steps: list[Piece] = []
    for each in elements(written):
        step = _step(each, sources, current, saying)
        if step is not None:
            steps.append(step)
    own = elements(root.get("transforms"))
    at = root["transforms"].at if "transforms" in root else written.at
    return {**rest, "transforms": Made([*steps, *own], at)} if steps or own else rest


def _step(written: Piece, sources: Sources, current: dict[str, str], saying: Saying) -> Piece | None:
    value = plain(written)
    try:
        enrichment = Enrichment.model_validate(value)
    except ValidationError as error:
        report_structure(error, value, saying.problems, model=Enrichment, below=written.at)
        return None
    parts = members(written)
    join = members(parts["join_config"])
    primary = _source(parts["primary_source"], sources, saying)
    source = _source(parts["enrichment_source"], sources, saying)
    config = enrichment.join_config
    if config.match_strategy != "exact":
        saying.refuse(
            join["match_strategy"],
            f"rows are joined where keys are equal, not by {config.match_strategy}",
            hint="make the keys alike first, in a map: key: lower(trim(name)), and join on that",
        )
        return None
    if primary is None or source is None:
        return None
    how: Any = "left" if config.join_type == "lookup" else config.join_type
    if config.handle_no_match == "skip_row" and how in {"left", "full"}:
        how = "inner" if how == "left" else "right"
    kind = "enrich" if how in {"left", "inner"} else "join"
    left, right = config.primary_key, config.foreign_key
    if len(left) != len(right):
        saying.problems.error(
            "IR205",
            f"{len(left)} primary keys and {len(right)} foreign keys",
            at=join["foreign_key"].at,
            hint="write as many on both sides",
        )
        return None
    made: dict[str, Any] = {"source": Made(current.get(source, source), parts["enrichment_source"].at)}
    made["on"] = Made(list(left) if left == right else dict(zip(left, right, strict=True)), join["primary_key"].at)
    if enrichment.output_fields is not None:
        made["columns"] = parts["output_fields"]
    made["how"] = Made(how, join["join_type"].at)
    made["multiple"] = Made(config.handle_multiple_matches, join.get("handle_multiple_matches", written).at)
    if config.handle_no_match == "default_value":
        made["default_values"] = join.get("default_values", Made({}, written.at))
    step: dict[str, Any] = {"type": Made(kind, written.at), "config": Made(made, parts["join_config"].at)}
    if primary != "data" and primary != sources.data:
        step = {"input_source": Made(current.get(primary, primary), parts["primary_source"].at), **step}
        step["output_variable"] = parts["id"]
        current[primary] = enrichment.id
    else:
        step = {"id": parts["id"], **step}
    saying.read_as(parts["id"], f"the enrichment {enrichment.id} is read as a transform of type {kind}")
    return Made(step, written.at)


def _source(piece: Piece, sources: Sources, saying: Saying) -> str | None:
    found = sources.find(str(piece.value))
    if found is None:
        hint = did_you_mean(str(piece.value), sources.names) or f"the sources are {', '.join(sources.names)}"
        saying.problems.error("IR301", f'there is no source "{piece.value}"', at=piece.at, hint=hint)
    return found
