"""Every kind of run that is killed, with the servers that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.faults import files
from tests.faults.answers import Answers
from tests.faults.calls import Calls, Desk
from tests.faults.kinds import Kind
from tests.faults.mails import Mails
from tests.faults.stores import Stores
from tests.faults.tables import Tables
from tests.faults.wires import killing_wire
from tests.servers.fixtures import bucket_of, database_of, running
from tests.servers.mariadb import MariaDB
from tests.servers.model import ModelServer
from tests.servers.postgres import Postgres
from tests.servers.smtp import MailServer


@contextmanager
def kinds() -> Iterator[list[Kind]]:
    """All of them; each server is one for all runs of its kind, behind a wire."""
    with ExitStack() as stack:
        found: list[Kind] = [*files.KINDS, Tables(name="a table of SQLite", plugin="sqlite")]
        for plugin, scheme, program, server in (
            ("postgres", "postgresql", Postgres(), "postgres"),
            ("mysql", "mysql", MariaDB(), "mariadb"),
        ):
            database = stack.enter_context(database_of(scheme, program, running(server)))
            wire = stack.enter_context(killing_wire(database.host, database.port))
            found.append(Tables(name=f"a table of {program.title}", plugin=plugin, database=database, wire=wire))
        bucket = stack.enter_context(bucket_of(running("s3")))
        wire = stack.enter_context(killing_wire(*bucket.endpoint.removeprefix("http://").split(":")))
        found.append(Stores(name="an object in parts in S3", bucket=bucket, wire=wire))
        server = stack.enter_context(MailServer().running())
        wire = stack.enter_context(killing_wire("127.0.0.1", server.port))
        found.append(Mails(name="mails", server=server, wire=wire))
        desk = stack.enter_context(Desk().running())
        wire = stack.enter_context(killing_wire("127.0.0.1", desk.url.rpartition(":")[2]))
        found.append(Calls(name="calls of a service", desk=desk, wire=wire))
        model = stack.enter_context(ModelServer().running())
        wire = stack.enter_context(killing_wire("127.0.0.1", model.url.rpartition(":")[2]))
        found.append(Answers(name="answers of a model", model=model, wire=wire))
        yield found
