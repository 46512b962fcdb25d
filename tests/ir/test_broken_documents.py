"""Whatever a document holds, reading it gives findings with places, never a crash."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest

from ir.codes import CODES
from ir.diagnostics import Problems, WorkflowError
from ir.loading import load, loads
from ir.workflow import read_workflow
from ir.writing import to_yaml

ORIGINALS = sorted((Path(__file__).parents[1] / "dialects" / "corpus").glob("*.yaml"))
DOCUMENTS = Path(__file__).parent / "documents"
STRANGE = [None, True, 0, -1, 10**30, 1.5, "", "x y", "{{", "{{inputs.nobody}}", "<x>", [], [[]], [None], {}, {"a": {}},
           {"type": []}, {"delivery_rules": 5}, [{"field": 3}], float("inf"), "é😀"]  # fmt: skip


def _places(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *[each for key, inner in inside for each in _places(inner, (*at, key))]]


def _broken(value: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A copy in which one to three values are replaced, removed, or given under a slipped key."""
    changed = copy.deepcopy(value)
    for _ in range(rng.randint(1, 3)):
        *way, last = rng.choice(_places(changed)[1:])
        holder: Any = changed
        for part in way:
            holder = holder[part]
        match rng.randint(0, 3):
            case 0 if isinstance(holder, dict):
                holder[f"{last}x"] = holder.pop(last)
            case 1:
                del holder[last]
            case _:
                holder[last] = copy.deepcopy(rng.choice(STRANGE))
    return changed


@pytest.mark.parametrize(
    "path", [DOCUMENTS / "pipeline.yaml", DOCUMENTS / "effects.yaml", *ORIGINALS], ids=lambda path: path.name
)
def test_a_broken_document_gives_findings_with_places(path: Path) -> None:
    rng = random.Random(20260131)
    original = load(path).value
    for _ in range(400 if path.parent == DOCUMENTS else 60):
        document = loads(to_yaml(_broken(original, rng)), file="w.yaml", syntax="yaml")
        problems = Problems(document)
        workflow = read_workflow(document, problems)
        assert workflow is not None or problems.errors, document.text
        for each in problems.found:
            assert each.place is not None
            assert each.code in CODES
            assert each.message == each.message.strip()
            assert not each.message[:1].isupper() or each.message.startswith(("_", "[")), each.message
            assert str(each)


@pytest.mark.parametrize("name", ["pipeline.yaml", "effects.yaml"])
def test_a_torn_text_is_refused_or_read(name: str) -> None:
    rng = random.Random(20260131)
    text = (DOCUMENTS / name).read_text()
    for _ in range(300):
        at, length = rng.randrange(len(text)), rng.randint(1, 12)
        torn = (
            text[:at]
            + rng.choice(["", "\t", "{", "]", '"', "\n", ": ", "&a ", "*a", "- ", "\x00", "!x "])
            + text[at + length :]
        )
        try:
            document = loads(torn, file="w.yaml", syntax="yaml")
        except WorkflowError as error:
            (found,) = error.diagnostics
            assert found.place is not None
            assert found.code in CODES
            continue
        read_workflow(document, Problems(document))
