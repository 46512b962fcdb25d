"""The tests of one workflow: those it carries, or those of a file beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from ir.diagnostics import Problems, WorkflowError
from ir.document import Document
from ir.loading import load
from ir.model.workflow import Workflow
from ir.model.workflow_test import WorkflowTest, WorkflowTests
from ir.records import dataclass
from ir.structure import report_structure
from ir.workflow import read_document

ENDINGS = (".yaml", ".yml", ".json")
_SUFFIX = "_test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Tests, the document they stand in, and the workflow that they test."""

    file: Path
    written: Document
    """Where the tests stand."""
    document: Document
    """The workflow's."""
    workflow: Workflow
    base: Path
    tests: Sequence[WorkflowTest]


def is_test_file(path: Path) -> bool:
    """Whether a file's name says that it holds tests and no workflow."""
    return path.suffix.lower() in ENDINGS and path.stem.endswith(_SUFFIX)


def read_suite(file: Path) -> Suite:
    """The tests that a file holds, which is a workflow or stands beside one.

    Raises:
        WorkflowError: the file or its workflow cannot be read, or is none.
    """
    written = load(file)
    problems = Problems(written)
    if not is_test_file(file) or "ir_version" in written.value:
        document, workflow = read_document(written, problems)
        problems.raise_errors()
        assert workflow is not None
        return Suite(file=file, written=document, document=document, workflow=workflow,
                     base=file.absolute().parent, tests=workflow.tests)  # fmt: skip
    try:
        tests = WorkflowTests.model_validate(written.value)
    except ValidationError as error:
        report_structure(error, written.value, problems, model=WorkflowTests)
        raise WorkflowError(problems.found) from None
    tested = file.parent / tests.workflow if tests.workflow else _beside(file)
    if not tested.is_file():
        problems.error("IR101", f"there is no workflow {tested}", at=("workflow",),
                       hint="write workflow: the path of the one that is tested")  # fmt: skip
        problems.raise_errors()
    loaded = load(tested)
    unread = Problems(loaded)
    document, workflow = read_document(loaded, unread)
    unread.raise_errors()
    assert workflow is not None
    return Suite(file=file, written=written, document=document, workflow=workflow, base=tested.absolute().parent,
                 tests=tests.tests)  # fmt: skip


def _beside(file: Path) -> Path:
    """The workflow that a file of tests is named after."""
    stem = file.stem.removesuffix(_SUFFIX)
    names = [file.with_name(stem + ending) for ending in (file.suffix, *ENDINGS)]
    return next((each for each in names if each.is_file()), names[0])


def suite_files(paths: Sequence[Path]) -> list[Path]:
    """The files with tests: those given, the test files beside given workflows, and all that stand in given folders.

    Folders that are hidden are passed over, and in folders every file that is no workflow with tests.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(each for each in _files_in(path) if _holds_tests(each)))
            continue
        beside = [path.with_name(f"{path.stem}{_SUFFIX}{ending}") for ending in ENDINGS]
        others = [each for each in beside if each.is_file()] if not is_test_file(path) else []
        if not others or _holds_tests(path):
            found[path] = None
        found.update(dict.fromkeys(others))
    return list(found)


def _files_in(folder: Path) -> list[Path]:
    found: list[Path] = []
    for each in sorted(folder.iterdir()):
        if each.name.startswith("."):
            continue
        if each.is_dir() and not each.is_symlink():
            found += _files_in(each)
        elif each.suffix.lower() in ENDINGS and each.is_file():
            found.append(each)
    return found


def _holds_tests(file: Path) -> bool:
    """Whether its text looks like tests: a YAML file of something else is nobody's mistake."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True  # whoever reads it says what is wrong
    return "tests" in text and (is_test_file(file) or "ir_version" in text)
