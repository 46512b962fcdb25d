"""What a policy says of secrets by their owners, of private hosts, and of files that are closed or stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.policy import Policy
from connectors.problem import ConnectorProblem


@pytest.mark.parametrize(
    ("reference", "is_seen"),
    [("name:orders_db", True), ("name:orders", True), ("name:Orders.DB", True), ("env:WEIRFLOW_ORDERS_DB", True),
     ("name:shared", True), ("env:shared", True), ("env:ONLY_ENV", True),
     ("name:ONLY_ENV", False), ("env:ORDERS_DB", False), ("name:orders_eu_db", False), ("name:ordersx", False),
     ("name:billing_db", False), ("file:orders_db", False), ("file:orders/../../etc/passwd", False),
     ("vault:orders/db#key", False), ("keyring:orders_db", False), ("machine:aws", False), ("name:mail", False)],
)  # fmt: skip
def test_a_workflow_sees_its_own_secrets_and_those_that_all_may_use(reference: str, is_seen: bool) -> None:
    policy = Policy(secret_names=frozenset({"shared", "env:ONLY_ENV"}), secret_owner="orders",
                    other_owners=("orders_eu",))  # fmt: skip
    resolver, _, name = reference.partition(":")
    if is_seen:
        policy.check_secret(resolver, name)
        return
    with pytest.raises(ConnectorProblem) as told:
        policy.check_secret(resolver, name)
    assert told.value.code == "IR504"


@pytest.mark.parametrize(("owner", "name"), [("mail", "mail"), ("mail", "mail_password"), ("ai", "ai_api_key"),
                                             ("journal", "journal"), ("home", "home"), ("mcp", "mcp_x_token"),
                                             ("", "anything"), ("aws", "machine")])  # fmt: skip
def test_no_workflow_owns_what_the_program_itself_is_set_up_with(owner: str, name: str) -> None:
    policy = Policy(secret_names=frozenset(), secret_owner=owner)
    for resolver in ("name", "machine"):
        with pytest.raises(ConnectorProblem):
            policy.check_secret(resolver, name)
    with pytest.raises(ConnectorProblem):
        policy.check_secret("env", f"WEIRFLOW_{name.upper()}")
    with pytest.raises(ConnectorProblem):
        policy.check_secret("env", "AWS_SECRET_ACCESS_KEY")


def refused(policy: Policy, host: str, address: str) -> bool:
    try:
        policy.check_address(host, address)
    except ConnectorProblem:
        return True
    return False


def test_private_addresses_are_reached_by_the_hosts_and_networks_that_are_named() -> None:
    policy = Policy(private_networks=False, private_hosts=frozenset({"db.internal", "10.1.0.0/16", "127.0.0.1"}))
    assert not refused(policy, "example.com", "93.184.216.34")
    assert not refused(policy, "DB.internal.", "192.168.1.5")
    assert not refused(policy, "other.internal", "10.1.2.3")
    assert refused(policy, "other.internal", "10.2.2.3")
    assert refused(policy, "rebound.example", "192.168.1.5")
    assert not refused(policy, "rebound.example", "127.0.0.1")


def test_a_network_never_means_this_machine_or_the_credentials_of_a_cloud() -> None:
    policy = Policy(private_networks=False, private_hosts=frozenset({"0.0.0.0/0", "::/0"}))
    assert not refused(policy, "a.internal", "10.0.0.1")
    for address in ("127.0.0.1", "169.254.169.254", "::1", "fe80::1"):
        assert refused(policy, "a.internal", address)


def test_hidden_places_and_names_with_a_point_are_neither_read_nor_written(tmp_path: Path) -> None:
    home = tmp_path / "state"
    (tmp_path / ".git").mkdir()
    home.mkdir()
    (tmp_path / "link.csv").symlink_to(home / "journal.db")
    policy = Policy(read_folders=(tmp_path,), write_folders=(tmp_path,), hidden=(home,), hides_dotted=True)
    policy.check_read(tmp_path / "a.csv")
    for place in (".env", ".git/config", "state/journal.db", "sub/../state/config.toml", "link.csv", "state"):
        for check in (policy.check_read, policy.check_write, policy.check_template):
            with pytest.raises(ConnectorProblem) as told:
                check(place, base=tmp_path)
            assert told.value.code == "IR503", place


def test_the_files_of_workflows_are_read_and_not_written(tmp_path: Path) -> None:
    policy = Policy(kept_files=(tmp_path / "orders.json",), kept_endings=(".yaml", ".yml"))
    policy.check_read(tmp_path / "orders.json")
    policy.check_write(tmp_path / "report.json")
    for name in ("orders.json", "new.yaml", "new.YML"):
        with pytest.raises(ConnectorProblem):
            policy.check_write(tmp_path / name)
