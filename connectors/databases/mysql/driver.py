"""The process that runs connectorx: statements come in on stdin, rows go out on stdout as Arrow.

    python -P connectors/databases/mysql/driver.py

connectorx waits for its server with Python locked, writes what it thinks to stderr and panics at a value that it does
not expect. In a process of its own none of that reaches the one that uses it. It ends when stdin does.

A request is a line of JSON: url, statement, session (statements to run before), batch_rows. Each answer is a letter, a
length of eight bytes and so many bytes: B a batch as an Arrow stream, E the end of the rows, X a problem's text.
"""

from __future__ import annotations

import json
import sys
from typing import Any, BinaryIO

BATCH, END, PROBLEM = b"B", b"E", b"X"


def main() -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    for line in requests:
        try:
            _answer(json.loads(line), answers)
        except (BrokenPipeError, KeyboardInterrupt):
            return
        except BaseException as error:  # a panic of Rust is no Exception
            _send(answers, PROBLEM, str(error).encode())


def _answer(request: dict[str, Any], answers: BinaryIO) -> None:
    import connectorx
    import pyarrow as pa

    reader = connectorx.read_sql(
        request["url"], request["statement"], return_type="arrow_stream", batch_size=request["batch_rows"],
        pre_execution_query=request["session"],
    )  # fmt: skip
    is_empty = True
    for batch in reader:
        _send(answers, BATCH, _stream(pa.Table.from_batches([batch])))
        is_empty = False
    if is_empty:  # the columns are worth something without rows too
        _send(answers, BATCH, _stream(reader.schema.empty_table()))
    _send(answers, END, b"")


def _stream(table: Any) -> Any:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _send(answers: BinaryIO, letter: bytes, content: Any) -> None:
    answers.write(letter + len(content).to_bytes(8, "big"))
    answers.write(content)
    answers.flush()


if __name__ == "__main__":
    main()
