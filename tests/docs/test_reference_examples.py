"""Every example of the reference gives, on both engines, the rows and files worked out by hand in its file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import weirflow as wf
from connectors.files.formats import FORMATS
from docs.generator.examples import Example, all_examples, deliver, examples, plain_rows
from docs.generator.reference import PAGES
from ir.types import TYPE_WORDS
from transforms.conditions import OPERATORS
from transforms.expressions.functions import FUNCTIONS
from transforms.registry import TRANSFORMS

EXAMPLES = all_examples()


def named(example: Example) -> str:
    return f"{example.topic}/{example.path.stem}"


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("example", [each for each in EXAMPLES if each.expected], ids=named)
def test_an_example_gives_the_rows_in_its_file(example: Example, engine: str) -> None:
    plan = example.plan(engine=engine)
    for frame, expected in example.expected.items():
        # as text, so that the order of columns counts, and 1 is not 1.0
        rows, wanted = ([json.dumps(row, ensure_ascii=False) for row in each]
                        for each in (plain_rows(plan.collect(frame)), expected))  # fmt: skip
        name = plan.compiled.frames.get(frame)
        if name is not None and plan.compiled.graph[name].frame.order is None:
            rows, wanted = sorted(rows), sorted(wanted)
        assert rows == wanted


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize(
    "example",
    [
        each
        for each in EXAMPLES
        if each.expected and {"delivery_rules", "file_operations", "conditionals"} & set(each.document)
    ],
    ids=named,
)
def test_an_example_writes_the_files_in_its_file(example: Example, engine: str, tmp_path: Path) -> None:
    result = deliver(example, tmp_path, engine=engine)
    assert result.status == "succeeded"
    assert all(each.bytes for each in result.deliveries if each.kind == "file")
    in_order = all(each.ordered for each in example.plan(engine=engine).steps if each.type == "delivery")
    for name, text in example.delivered.items():
        written = (tmp_path / name).read_text(encoding="utf-8")
        assert (written if in_order else sorted(written)) == (text if in_order else sorted(text))


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_an_example_is_valid_and_says_what_it_shows(example: Example) -> None:
    assert [(each.code, each.severity) for each in wf.validate(example.path)] == [
        (code, "warning") for code in example.warnings
    ]
    assert example.caption.endswith(".")
    assert "x-expected" not in example.shown


@pytest.mark.parametrize("example", [each for each in EXAMPLES if not each.expected], ids=named)
def test_an_example_without_rows_is_one_this_version_cannot_run(example: Example) -> None:
    assert not example.runs()


@pytest.mark.parametrize("topic", [*TRANSFORMS, *(topic for page in PAGES for topic in page.topics)])
def test_every_transform_and_section_has_an_example(topic: str) -> None:
    assert examples(topic)


def test_every_format_operator_function_and_type_has_an_example() -> None:
    assert {each.path.stem for each in examples("formats")} == set(FORMATS)
    frames = {name.removeprefix("by_") for each in examples("operators") for name in each.expected}
    assert frames == {each.name for each in OPERATORS.values()}
    shown = {name.removesuffix("_2") for each in examples("functions") for name in each.expected["data"][0]}
    assert shown == {each.name for each in FUNCTIONS.values()}
    (types,) = examples("types")
    assert {str(kind).partition("(")[0] for _, kind in types.plan().schema().items()} == {
        word.partition("(")[0] for word in TYPE_WORDS
    } - {"duration", "file"}
