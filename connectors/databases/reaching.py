"""Which database a source or a delivery means, checked against the policy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from connectors.databases.address import Address, address_of, file_address
from connectors.databases.drivers import check_driver
from connectors.policy import Policy
from connectors.secrets.resolving import resolve


def database_address(
    kind: str, reference: str | None, path: str | None, *, base: Path, policy: Policy, is_written: bool = False
) -> Address:
    """The database of a kind: for sqlite without a reference the file at `path`, else what the reference says.

    A reference that is absent is the kind's own name.

    Raises:
        ConnectorProblem: IR59x for the secret, IR584 without the kind's packages, IR502 or IR503 where the policy
            forbids the place, to be read or with `is_written` to be written to.
    """
    check_file = policy.check_write if is_written else policy.check_read
    if kind == "sqlite" and reference is None and path is not None:
        check_file(path, base=base)
        return file_address(base / Path(path).expanduser())
    secret = resolve(reference or kind, policy=policy, base=base)
    address = replace(address_of(kind, secret, base=base), warnings=secret.warnings, policy=policy)
    check_driver(address.kind)
    if address.path is not None:
        check_file(address.path)
    for each in address.hosts:
        policy.check_endpoint(each)
    return address
