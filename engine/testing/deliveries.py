"""The deliveries that a test expects beside those in the outbox of its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.file_output import FileOutput
from engine.messages.capturing import CapturedMessage
from engine.result import DeliveryResult
from engine.testing import captured
from engine.testing.captured import Unreadable
from engine.testing.messages import MessageChecking
from engine.testing.values import same, shown, written
from ir.diagnostics import Pointer
from ir.model.workflow_test import ExpectedDelivery, ExpectedFile
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.delivery_order import Delivered
    from engine.testing.checking import Checking


@dataclass(frozen=True, slots=True)
class DeliveryChecking:
    """Looks at each delivery that the test names."""

    checking: Checking
    messages: Sequence[CapturedMessage]

    def check(self) -> None:
        expected = self.checking.test.expect.deliveries
        plan, result = self.checking.trial.plan, self.checking.trial.result
        outputs = {} if plan is None else {each.id: each for each in plan.compiled.outputs}
        for name, wanted in expected.items():
            at: Pointer = ("deliveries", name)
            if plan is not None and name not in outputs:
                continue  # the check of names says so
            if plan is None or result is None:
                self.checking.differs(f"delivery {name}", wanted.status or "delivered", "the run did not come so far",
                                      at=at)  # fmt: skip
            else:
                made = next((each for each in result.deliveries if each.id == name), None)
                self._delivery(name, outputs[name], made, wanted, at)
        for each in result.deliveries if result is not None else ():
            if each.status == "failed" and each.finding is None and each.id not in expected:
                self.checking.differs(f"delivery {each.id}", "delivered", f"failed: {each.error}", at=())

    def _delivery(self, name: str, output: Delivered, made: DeliveryResult | None,
                  wanted: ExpectedDelivery, at: Pointer) -> None:  # fmt: skip
        of = f"delivery {name}"
        status = made.status if made is not None else "skipped"
        if status != (wanted.status or "delivered"):
            said = f"{status}: {made.error}" if made is not None and made.error else status
            self.checking.differs(of, wanted.status or "delivered", said, at=(*at, "status") if wanted.status else at)
            self.checking.found((*at, "status"), status)
            return
        if output.kind == "message":
            sent = [each for each in self.messages if each.delivery == name]
            MessageChecking(self.checking, of, at).check(sent, wanted)
            return
        file = output if output.kind == "file" else output.preview
        if made is None or file is None or status != "delivered":
            return
        if not made.files:
            self._file(of, file, Path(made.target), made.rows, wanted, at)
        files = {Path(each.target).name: each for each in made.files}
        if made.files and wanted.rows is not None:
            self._count_of_many(of, made.rows, wanted, at)
        for filename, each in wanted.files.items():
            below = (*at, "files", filename)
            found = files.get(filename)
            if found is None:
                others = ", ".join(files) or "one file"
                self.checking.differs(f"{of}, file {filename}", "the file", f"there are {others}", at=below)
            else:
                self._file(f"{of}, file {filename}", file, Path(found.target), found.rows, each, below)

    def _count_of_many(self, of: str, rows: int, wanted: ExpectedDelivery, at: Pointer) -> None:
        if isinstance(wanted.rows, int):
            self.checking.rows(wanted.rows, [{}] * rows, [], of=of, at=(*at, "rows"), is_ordered=False)
        else:
            self.checking.differs(of, "its rows", "it makes many files: expect the rows of each under files",
                                  at=(*at, "rows"))  # fmt: skip

    def _file(self, of: str, file: FileOutput, path: Path, count: int, wanted: ExpectedFile, at: Pointer) -> None:
        try:
            if wanted.rows is not None:
                self._rows(of, file, path, count, wanted, (*at, "rows"))
            if wanted.cells:
                self._cells(of, file, path, wanted.cells, (*at, "cells"))
            if wanted.text:
                self._text(of, file, path, wanted.text, (*at, "text"))
        except Unreadable as problem:
            self.checking.differs(of, "something to compare", str(problem), at=at)

    def _rows(self, of: str, file: FileOutput, path: Path, count: int, wanted: ExpectedFile, at: Pointer) -> None:
        assert wanted.rows is not None
        if isinstance(wanted.rows, int):
            self.checking.rows(wanted.rows, [{}] * count, [], of=of, at=at, is_ordered=False)
            return
        is_data = file.format.name in captured.ROW_FORMATS
        columns = list(file.columns or ())
        found = captured.rows_of(path, file.delivery) if is_data else self._of_frame(file)
        is_ordered = file.frame is not None and file.frame.order is not None
        self.checking.rows(wanted.rows, found, columns, of=of, at=at, is_ordered=is_ordered,
                           is_text=file.format.name == "csv")  # fmt: skip

    def _of_frame(self, file: FileOutput) -> Sequence[Mapping[str, Any]]:
        """The rows that a document shows, before they were laid out."""
        result = self.checking.trial.result
        if len(file.parts) != 1 or file.split is not None or result is None or result.plan is None:
            raise Unreadable("its rows stand in several tables: expect its cells or its text")
        return result.plan.collect(file.parts[0].frame.name).to_dicts()

    def _cells(self, of: str, file: FileOutput, path: Path, wanted: Mapping[str, Any], at: Pointer) -> None:
        values = captured.cells_of(path, file.delivery, list(wanted))
        formulas = [each for each, value in wanted.items() if isinstance(value, str) and value.startswith("=")]
        if formulas and file.format.name == "xlsx":
            values |= captured.formulas_of(path, formulas)
        for name, value in wanted.items():
            if not same(value, values[name], is_text=True):
                self.checking.differs(of, shown(value), shown(written(values[name])), at=(*at, name), column=name)
                self.checking.found((*at, name), written(values[name]))

    def _text(self, of: str, file: FileOutput, path: Path, wanted: Sequence[str], at: Pointer) -> None:
        text = captured.text_of_file(path, file.delivery)
        for index, fragment in enumerate(wanted):
            looked_for = " ".join(fragment.split()) if captured.is_document(file.delivery) else fragment
            if looked_for not in text:
                self.checking.differs(of, f"the text {shown(fragment)}", "a text without it", at=(*at, index))
