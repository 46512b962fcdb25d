"""Which database a delivery writes to, checked against the policy."""

from __future__ import annotations

from pathlib import Path

from connectors.databases.address import Address, address_of, file_address
from connectors.databases.drivers import check_driver
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.secrets.resolving import resolve


def target_address(kind: str, reference: str | None, path: str | None, *, base: Path, policy: Policy) -> Address:
    """The database: for sqlite without a reference the file at `path`, else what the reference says.

    A reference that is absent is the kind's own name.

    Raises:
        ConnectorProblem: IR59x for the secret, IR502 or IR503 where the policy forbids the place.
    """
    if kind == "sqlite" and reference is None and path is not None:
        policy.check_write(path, base=base)
        return file_address(base / Path(path).expanduser())
    address = address_of(kind, resolve(reference or kind, policy=policy, base=base), base=base)
    check_driver(address.kind)
    if address.path is not None:
        policy.check_write(address.path)
    elif policy.hosts is not None:
        for each in address.hosts:
            if each not in policy.hosts:
                raise ConnectorProblem("IR502", f'this run may not write to the host "{each}"',
                                       key=("credentials_ref",))  # fmt: skip
    return address
