"""Every kind of server that the tests can start."""

from __future__ import annotations

from tests.servers.azure import Azurite
from tests.servers.chromium import Chromium
from tests.servers.gcs import Gcs
from tests.servers.mariadb import EncryptedMariaDB, MariaDB
from tests.servers.mongodb import MongoDB
from tests.servers.postgres import Postgres
from tests.servers.running import Program, Tool
from tests.servers.s3 import S3

PROGRAMS: dict[str, Program] = {
    "postgres": Postgres(),
    "mariadb": MariaDB(),
    "encrypted_mariadb": EncryptedMariaDB(),
    "s3": S3(),
    "gcs": Gcs(),
    "azurite": Azurite(),
    "mongodb": MongoDB(),
    "mongodb_standalone": MongoDB(standalone=True),
}

CHROMIUM = Chromium()
TOOLS: tuple[Tool, ...] = (*PROGRAMS.values(), CHROMIUM)
"""All that has to be installed."""
