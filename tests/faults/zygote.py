"""A process that has weirflow imported and forks a child for each run: a start in milliseconds instead of a second.

It never computes anything itself, so that it has no threads whose locks a child would inherit. Each line on stdin is a
job; it answers with the child's pid, and with its exit status when that is known.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import sys
import traceback
from pathlib import Path
from typing import Any

IMPORTED = (
    "weirflow", "engine.run", "engine.cli.main", "engine.cli.run", "engine.cli.closing", "engine.cli.progress",
    "engine.cli.resume", "engine.journal.journal", "engine.journal.runs", "adbc_driver_sqlite.dbapi",
    "adbc_driver_postgresql.dbapi", "psycopg", "pymysql", "s3fs", "connectors.storage.s3.store",
    "connectors.databases.sqlite.writer", "connectors.databases.postgres.writer", "connectors.databases.mysql.writer",
    "connectors.messages.email.smtp", "smtplib", "email.message", "xlsxwriter", "fastexcel", "sqlglot", "duckdb",
    "openpyxl", "aiohttp", "jsonschema_rs", "connectors.plugins.http.session", "engine.plugin_operations.carrying_out",
    "engine.plugin_operations.compiling", "engine.effects.carrying_out",
    "engine.ai_operations.carrying_out", "engine.ai_operations.compiling",
)  # fmt: skip


def main() -> None:
    for name in IMPORTED:
        try:
            importlib.import_module(name)
        except ImportError as error:
            if (error.name or "").partition(".")[0] not in {"engine", "connectors"}:
                raise
    gc.freeze()
    for line in sys.stdin:
        job = json.loads(line)
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os._exit(_child(job))
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    os._exit(0)  # an orderly end would only tell what the libraries leak


def _address_space() -> int:
    """The bytes that the imports have taken, beyond which a limit counts."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _child(job: dict[str, Any]) -> int:
    from tests.faults.moments import Counting, Moment

    folder = Path(job["folder"])
    for stream, name in ((1, "out"), (2, "err")):
        file = os.open(folder / f"{job['name']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, stream)
        os.close(file)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    sys.stdout, sys.stderr = (os.fdopen(each, "w", encoding="utf-8", closefd=False) for each in (1, 2))
    try:
        os.chdir(job["cwd"])
        os.environ.update(job["env"])
        for name, limit in job["limits"].items():
            taken = _address_space() if name == "RLIMIT_AS" else 0
            resource.setrlimit(getattr(resource, name), (taken + limit, taken + limit))
        counting = Counting(Moment(**job["moment"]))
        counting.install()
        from engine.cli.main import run_command_line

        code = run_command_line(job["arguments"])
        counting.save(folder / f"{job['name']}.counts")
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        return 70
    return code


if __name__ == "__main__":
    main()
