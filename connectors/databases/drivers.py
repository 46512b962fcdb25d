"""The packages that a kind of database is reached with; a plain installation has none of them."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.problem import ConnectorProblem

_MODULES = {
    "postgres": ("adbc_driver_postgresql", "psycopg"),
    "mysql": ("connectorx", "pymysql"),
    "mongodb": ("numpy", "pymongo"),
}
"""They are in the extra of the kind's name. Nothing is imported to look for them."""


def check_driver(kind: str) -> None:
    """Refuse a database whose packages are not installed.

    Raises:
        ConnectorProblem: IR584.
    """
    missing = [each for each in _MODULES.get(kind, ()) if find_spec(each) is None]
    if missing:
        raise ConnectorProblem("IR584", f"{kind} databases need the package {missing[0]}, which is not installed",
                               key=("credentials_ref",), hint=f"pip install 'weirflow[{kind}]'")  # fmt: skip
