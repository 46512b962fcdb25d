"""What docs/security.md says of policies, done."""

from __future__ import annotations

from pathlib import Path

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import Shop, document, with_shop

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
ORDER = {"operation_type": "create_order", "config": {"customer": "{{who}}"}}


def test_the_page_names_every_field_of_the_policy_that_a_run_keeps_to() -> None:
    told = {name for name in wf.Policy.__dataclass_fields__ if f"`{name}`" in PAGE}
    assert set(wf.Policy.__dataclass_fields__) - told == set()


@pytest.mark.parametrize(
    ("policy", "code"),
    [(wf.Policy(hosts=frozenset({"other.example"})), "IR502"), (wf.Policy(secret_names=frozenset({"OTHER"})), "IR504"),
     (wf.Policy(private_networks=False), "IR502")],
)  # fmt: skip
def test_a_call_that_the_policy_forbids_is_refused_before_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: wf.Policy, code: str
) -> None:
    with Shop().running() as shop:
        with_shop(tmp_path, shop, monkeypatch)
        plan = wf.compile(document([{"who": "ada"}], ORDER), base=tmp_path, policy=policy)
        with pytest.raises(wf.WorkflowError) as refused:
            plan.run(out=tmp_path)
        assert [each.code for each in refused.value.diagnostics] == [code]
        assert shop.requests == []


def test_a_program_of_a_server_is_not_started_where_the_policy_names_schemes(tmp_path: Path) -> None:
    tool = {"plugin_key": "mcp:files", "operation_type": "read", "config": {"path": "{{who}}"}}
    home = tmp_path / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEIRFLOW_HOME", str(home))
        (home / "config.toml").write_text('[mcp.files]\ncommand = "no-such-program"\n')
        plan = wf.compile(document([{"who": "ada"}], tool), base=tmp_path,
                          policy=wf.Policy(schemes=frozenset({"file"})))  # fmt: skip
        with pytest.raises(wf.WorkflowError, match="may not start the program of mcp:files"):
            plan.run(out=tmp_path)
