"""The deliveries to tables: which rows, by which keys, and whether the table can take them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from connectors.databases.address import Address
from connectors.databases.database import TableName
from connectors.databases.reaching import database_address
from connectors.databases.registry import target_database
from connectors.databases.target_checks import check_target
from connectors.databases.writing import TableWrite, TargetDatabase, TargetTable, default_strategy
from connectors.files.formats import FORMATS
from connectors.problem import ConnectorProblem
from connectors.storage.destination import safe_filename
from engine.deliveries import account_of
from engine.destinations import PLACES, target_deliveries
from engine.file_output import FileOutput
from engine.places import report
from engine.report_parts import CompiledPart, one_table
from ir.diagnostics import Pointer, Problems
from ir.model.deliveries import DatabaseDelivery
from ir.model.file_delivery import Destination, FileDelivery
from ir.names import delivery_ids
from ir.records import dataclass
from ir.types import Schema
from transforms.building import Building
from transforms.frame import Frame, free_name

if TYPE_CHECKING:
    from engine.compiler import Compiler

_VERBS = {"insert": "inserts into", "update": "updates", "upsert": "upserts into", "delete": "deletes from"}
_WINS = {
    "replace": "the new row wins",
    "merge": "new values that are not null win",
    "skip": "the old row stays",
    "error": "nothing is written where one exists",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOutput:
    """One delivery to a table. `part` is None until a first pass tells its columns, and after an error.

    `address` and `target` are what was looked up, which `validate` does not do; a table that is to be made has no
    `target`.
    """

    kind: ClassVar[Literal["table"]] = "table"
    id: str
    at: Pointer
    delivery: DatabaseDelivery
    part: CompiledPart | None = None
    write: TableWrite | None = None
    address: Address | None = None
    target: TargetTable | None = None
    branch: str | None = None
    """The branch of a conditional that it belongs to: without rows it does nothing then."""
    preview: FileOutput | None = None
    """The file that a preview writes in its stead."""

    @property
    def frame(self) -> Frame | None:
        return self.part.frame if self.part is not None else None

    @property
    def frames(self) -> list[Frame]:
        """The frames whose rows it takes."""
        return [self.part.frame] if self.part is not None else []

    @property
    def columns(self) -> Schema | None:
        """The columns that are sent; None until a first pass tells them."""
        return self.write.columns if self.write is not None else None

    @property
    def shown_target(self) -> str:
        """The table in the words of the document."""
        place = f" of {self.address.shown}" if self.address is not None else ""
        return f"{self.delivery.plugin_key} table {TableName.of(self.delivery.table).shown}{place}"

    @property
    def database(self) -> TargetDatabase:
        return target_database(self.delivery.plugin_key)

    @property
    def summary(self) -> str:
        """What is done, for people: upserts into postgres table orders by id, the new row wins."""
        strategy = self.delivery.conflict_strategy or default_strategy(self.delivery.operation)
        by = f" by {', '.join(self.delivery.key_fields)}" if self.delivery.key_fields else ""
        wins = f", {_ends(self.delivery.operation, strategy)}" if by else ""
        made = "; the table is made where it does not exist" if self.delivery.create_table else ""
        return f"{_VERBS[self.delivery.operation]} {self.shown_target}{by}{wins}{made}"

    @property
    def statements(self) -> list[str]:
        """What is sent once all rows are staged; nothing where the table was not looked up."""
        if self.write is None or self.address is None:
            return []
        return self.database.statements(self.write, self.target)


def _ends(operation: str, strategy: str) -> str:
    if operation in {"insert", "upsert"}:
        return _WINS[strategy]
    if strategy == "error":
        return "nothing is written where one is missing"
    return "null changes nothing" if (operation, strategy) == ("update", "merge") else "missing ones are ignored"


def compile_tables(compiler: Compiler, ids: Sequence[str]) -> list[TableOutput]:
    """The deliveries to tables; what is wrong with them stands in the problems. `ids` are taken by others."""
    found: list[TableOutput] = []
    taken = [*ids, *delivery_ids(compiler.workflow)]
    for scope in compiler.scopes:
        with compiler.within(scope):
            written = zip(scope.places("database_delivery"), scope.rules.database_delivery, strict=False)
            found += [replace(_named(at, each, taken, compiler), branch=scope.branch) for at, each in written]
    found += [_named(at, each, taken, compiler) for at, each in target_deliveries(compiler)]
    return _told_apart(found)


def _named(at: Pointer, delivery: DatabaseDelivery, taken: list[str], compiler: Compiler) -> TableOutput:
    """The delivery under its id, else under a name made of the table's that nobody has taken."""
    name = delivery.id or free_name(re.sub(r"\W+", "_", TableName.of(delivery.table).name).strip("_") or "table", taken)
    taken.append(name)
    return _compiled(TableOutput(id=name, at=at, delivery=delivery), compiler)


def _compiled(output: TableOutput, compiler: Compiler) -> TableOutput:
    delivery, at = output.delivery, output.at
    frame = compiler.input_frame(delivery.input_source, at)
    if frame is None:
        return output
    sent = _sent(delivery, frame, compiler.building(at, output.id))
    if sent is None:
        return output
    part = one_table(frame, sent, at, output.id, compiler, is_document=False)
    strategy = delivery.conflict_strategy or default_strategy(delivery.operation)
    keys = tuple(delivery.key_fields)
    write = TableWrite(
        table=TableName.of(delivery.table), action=delivery.operation, strategy=strategy, columns=part.part.columns,
        keys=keys, create=delivery.create_table, ordered=frame.order is not None,
        distinct=frame.single or any(each <= set(keys) for each in frame.unique), ledger=delivery.ledger,
        batch_rows=delivery.batch_rows or 50_000,
    )  # fmt: skip
    output = replace(output, part=part, write=write, preview=_preview(output, part, compiler))
    return output if compiler.validating or compiler.is_isolated else _looked_up(output, compiler)


def _sent(delivery: DatabaseDelivery, frame: Frame, building: Building) -> list[str] | None:
    """The columns that are sent: those that are named, of a delete only its keys. None after an error."""
    schema = frame.schema
    keys = building.known_columns(delivery.key_fields, schema, "key_fields")
    named = building.known_columns(delivery.columns, schema, "columns") if delivery.columns is not None else [*schema]
    if len(keys) < len(delivery.key_fields) or len(named) < len(delivery.columns or ()):
        return None
    left_out = [each for each in keys if each not in named]
    if left_out:
        building.error("IR640", f'the key "{left_out[0]}" is not among the columns that are sent', "columns",
                       hint=f"write columns: [{', '.join([*left_out, *named])}]")  # fmt: skip
        return None
    if delivery.operation == "delete":
        return keys
    if delivery.operation == "update" and len(named) == len(keys):
        building.error("IR640", "an update needs a column beside its keys, and every column is one", "key_fields",
                       hint="take those out of key_fields that are to be set")  # fmt: skip
        return None
    if not named:
        building.error("IR407", "the delivery sends no column", "columns", hint="name one, or leave columns out")
        return None
    return named


def _looked_up(output: TableOutput, compiler: Compiler) -> TableOutput:
    """The delivery with its table as the database has it."""
    delivery, write = output.delivery, output.write
    assert write is not None
    try:
        address = database_address(delivery.plugin_key, delivery.credentials_ref, delivery.path, base=compiler.base,
                                   policy=compiler.policy, is_written=True)  # fmt: skip
        target = output.database.describe_target(address, write.table)
    except ConnectorProblem as problem:
        report_delivery(problem, compiler.problems, output.at)
        return output
    for found in check_target(write, target, output.database):
        report_delivery(found, compiler.problems, output.at)
    return replace(output, address=address, target=target)


def _preview(output: TableOutput, part: CompiledPart, compiler: Compiler) -> FileOutput:
    """The rows that would be sent, as a CSV file in a folder of the database's kind."""
    delivery = FileDelivery(format="csv", destination=Destination(path=output.delivery.plugin_key))
    name = safe_filename(TableName.of(output.delivery.table).shown).replace("{", "_")
    return FileOutput(id=output.id, at=output.at, delivery=delivery, format=FORMATS["csv"], frame=part.frame,
                      filename=f"{name}.csv", parts=(part,), account=account_of(delivery, compiler))  # fmt: skip


def report_delivery(problem: ConnectorProblem, problems: Problems, at: Pointer) -> None:
    """Add the problem of the delivery at `at`, which may be a source that is a target."""
    if at[0] != "data_sources" or problem.key[:1] not in PLACES:
        report(problem, problems, at=at)
        return
    place = (*at, *PLACES[problem.key[:1]])
    problems.error(problem.code, problem.message, at=place, hint=problem.hint, notes=problem.notes)


def _told_apart(outputs: Sequence[TableOutput]) -> list[TableOutput]:
    """The previews of two deliveries to one table are two files."""
    found: list[TableOutput] = []
    names: list[str] = []
    for output in outputs:
        if output.preview is not None:
            stem, ending = output.preview.filename.rsplit(".", 1)
            stem = free_name(stem, names)
            names.append(stem)
            output = replace(output, preview=replace(output.preview, filename=f"{stem}.{ending}"))
        found.append(output)
    return found


def settings_of(output: TableOutput) -> dict[str, Any]:
    """What the document says of the delivery, for tools and for comparing plans."""
    said = output.delivery.model_dump(exclude_defaults=True, exclude_none=True)
    kept = ("key_fields", "conflict_strategy", "create_table", "batch_rows", "ledger", "path")
    return {"operation": output.delivery.operation, **{key: said[key] for key in kept if key in said}}
