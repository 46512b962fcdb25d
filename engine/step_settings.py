"""What a document says of the reading of a source and the writing of a delivery, for tools and for comparing plans."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connectors.storage.url import without_user

if TYPE_CHECKING:
    from engine.file_output import FileOutput
    from engine.graph import Relation
    from engine.plan import Plan


def source_settings(plan: Plan, relation: Relation) -> dict[str, Any]:
    """The location as written, and the keys of `config`; the rows of an inline source as their SHA-256.

    The schema is left out, since the step's columns tell it.
    """
    written: Any = plan.compiled.document.value
    for part in relation.at[:2]:  # a source's rejects are read as the source is
        written = written[part]
    found: dict[str, Any] = {}
    if isinstance(location := written.get("location"), str):
        found["location"] = without_user(location)
    config = written.get("config")
    for key, value in config.items() if isinstance(config, Mapping) else ():
        if key == "rows":
            found["rows_sha256"] = hashlib.sha256(_canonical(value)).hexdigest()
        elif key != "schema" and value is not None:
            found[key] = value
    return found


def delivery_settings(plan: Plan, output: FileOutput) -> dict[str, Any] | None:
    """The delivery's options that are not their default, and the document's rendering; None without any."""
    found = output.delivery.options.model_dump(exclude_defaults=True, exclude_none=True)
    rendering = plan.compiled.document.value.get("rendering")
    if rendering:
        found["rendering"] = rendering
    if output.frame is not None and output.frame.formats:
        found["formats"] = {
            name: form.model_dump(exclude_defaults=True, exclude_none=True)
            for name, form in output.frame.formats.items()
        }
    return found or None


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()
