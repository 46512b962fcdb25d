"""Every diagnostic code has its row in the table, and an example whose text people have read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.generator.findings import CASES, FailingCase, failing_cases
from ir.codes import CODES

ROOMS = ("ir", "transforms", "connectors", "engine")
ROOT = CASES.parents[1]
WITHOUT_A_WORKFLOW = {
    "IR326": "told of the frames of a plan that was not run; tests/engine/effects",
    "IR584": "the packages are there when the tests run; tests/connectors/test_drivers.py",
    **dict.fromkeys(("IR710", "IR711"), "they take a run before; tests/engine/test_resume.py"),
    "IR712": "it takes two workers; tests/engine/service/test_fence.py",
    **dict.fromkeys(("IR713", "IR714"), "it takes a service; tests/engine/service/runners"),
    **dict.fromkeys(("IR651", "IR653", "IR654"), "told when messages are sent; tests/engine/messages"),
    "IR670": "told when messages are sent; tests/engine/messages",
    **dict.fromkeys(
        ("IR683", "IR684", "IR685", "IR686", "IR690", "IR691", "IR692"),
        "tests/connectors/messages",
    ),
    **dict.fromkeys(("IR693", "IR694", "IR695", "IR696"), "told of plugins; tests/connectors/plugins"),
    **dict.fromkeys(("IR762", "IR764"), "told of models; tests/connectors/ai, tests/engine/ai_operations"),
    **dict.fromkeys(("IR780", "IR781", "IR782", "IR783"), "told of one file; tests/connectors/documents"),
}


def codes_in_the_rooms() -> set[str]:
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path != ROOT / "ir" / "codes.py")
    return {code for path in files for code in re.findall(r'"(IR\d{3})"', path.read_text(encoding="utf-8"))}


def test_the_table_and_the_code_name_the_same_codes() -> None:
    assert set(CODES) == codes_in_the_rooms()
    assert list(CODES) == sorted(CODES)


def test_every_code_has_a_failing_example() -> None:
    shown = {case.code for case in failing_cases()}
    assert shown == set(CODES) - set(WITHOUT_A_WORKFLOW)


WITHOUT_A_SERVER = [each for each in failing_cases() if each.server is None]


@pytest.mark.parametrize("case", WITHOUT_A_SERVER, ids=lambda case: f"{case.code}/{case.golden.stem}")
def test_the_example_of_a_code_says_its_golden_text(case: FailingCase) -> None:
    golden = case.golden.read_text(encoding="utf-8")
    assert case.said() == golden
    assert f"[{case.code}]" in golden


def test_every_workflow_of_a_code_has_a_golden_text() -> None:
    written = {path.with_suffix("") for path in CASES.glob("IR*/*.yaml")}
    assert written <= {case.golden.with_suffix("") for case in failing_cases()}


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_explained_in_sentences(code: str) -> None:
    entry = CODES[code]
    assert entry.title
    assert not entry.title.endswith(".")
    assert entry.explanation.endswith(".")


def test_examples_hold_no_path_of_this_machine() -> None:
    for case in failing_cases():
        assert str(Path.home()) not in case.golden.read_text(encoding="utf-8")
        assert "/tmp" not in case.golden.read_text(encoding="utf-8")
