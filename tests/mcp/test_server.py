"""weirflow as an MCP server, asked by the protocol's own client over stdin and stdout."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

import weirflow as wf
from engine.cli.main import run_command_line
from engine.mcp_server.permissions import Permissions
from tests.long_runs import UNMEASURED, long_workflow, numbers

WORKFLOW = """\
ir_version: "3.1"
name: regions
goal: Sum the paid orders of each region
runtime_inputs:
  - {name: least, type: number, default_value: 0}
data_sources:
  - {type: file, alias: orders, location: orders.csv}
transforms:
  - {id: paid, type: filter, config: {where: "status = 'paid' and amount > inputs.least"}}
  - {id: by_region, type: aggregate, config: {group_by: [region], aggregates: {orders: count(*), total: sum(amount)}}}
delivery_rules:
  file_delivery:
    - {id: totals, format: csv, destination: {path: out}, filename_template: totals.csv}
"""
ORDERS = "region,amount,status\nnorth,10,paid\nsouth,7,paid\nnorth,5,paid\nsouth,100,open\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    served = tmp_path / "served"
    served.mkdir()
    (served / "orders.csv").write_text(ORDERS)
    (served / "regions.yaml").write_text(WORKFLOW)
    (tmp_path / "outside.yaml").write_text(WORKFLOW)
    return served


def parameters(folder: Path, *options: str) -> StdioServerParameters:
    places = {name: os.environ[name] for name in ("WEIRFLOW_HOME",)}
    return StdioServerParameters(command=sys.executable, args=["-m", "engine.cli", "mcp", str(folder), *options],
                                 env={**UNMEASURED, **places})  # fmt: skip


def asked(folder: Path, talk: Callable[[Client], Awaitable[Any]], *options: str, mode: str = "auto") -> Any:
    """What `talk` gives, with a server of its own process to talk to."""

    async def talking() -> Any:
        with open(os.devnull, "w") as words:
            transport = stdio_client(parameters(folder, *options), errlog=words)
            async with Client(transport, mode=mode, read_timeout_seconds=60) as client:
                return await talk(client)

    return asyncio.run(talking())


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_an_agent_finds_checks_plans_and_previews_a_workflow(folder: Path, mode: str) -> None:
    async def talk(client: Client) -> list[Any]:
        tools = [each.name for each in (await client.list_tools()).tools]
        calls = [
            ("list", {"what": "workflows"}),
            ("validate", {"file": "regions.yaml"}),
            ("plan", {"file": "regions.yaml", "inputs": {"least": 6}}),
            ("run", {"file": "regions.yaml", "preview": 5}),
        ]
        return [tools, *[await client.call_tool(name, given) for name, given in calls]]

    tools, listed, validated, planned, previewed = asked(folder, talk, mode=mode)
    assert tools == ["validate", "plan", "run", "list"]
    assert [each.is_error for each in (listed, validated, planned, previewed)] == [False] * 4
    assert listed.structured_content["workflows"] == [{
        "file": "regions.yaml", "name": "regions", "goal": "Sum the paid orders of each region",
        "inputs": [{"name": "least", "type": "number", "default_value": 0}],
    }]  # fmt: skip
    assert validated.structured_content == {"valid": True, "diagnostics": []}
    assert "inputs: least = 6" in planned.content[0].text
    assert "by_region (aggregate): one row per region" in planned.content[0].text
    assert planned.structured_content["plan"]["plan_version"]
    assert previewed.structured_content["rows"] == [
        {"region": "north", "orders": 2, "total": 15}, {"region": "south", "orders": 1, "total": 7},
    ]  # fmt: skip
    assert previewed.structured_content["files"] == [
        {"file": "out/totals.csv", "bytes": 41, "text": "region,orders,total\nnorth,2,15\nsouth,1,7\n"},
    ]  # fmt: skip
    assert files_in(folder) == ["orders.csv", "regions.yaml"]
    assert wf.runs() == []


def test_without_leave_nothing_is_delivered_read_elsewhere_or_reached(folder: Path) -> None:
    reaching = WORKFLOW.replace("orders.csv", "https://example.com/orders.csv")
    asking = WORKFLOW.replace(
        "{type: file, alias: orders, location: orders.csv}",
        "{type: database, alias: orders, database_config: "
        "{connection: {plugin_key: sqlite, credentials_ref: env:SHOP_URL}, table: orders}}",
    )

    async def talk(client: Client) -> list[Any]:
        return [
            await client.call_tool("run", {"file": "regions.yaml"}),
            await client.call_tool("plan", {"file": "../outside.yaml"}),
            await client.call_tool("plan", {"workflow": WORKFLOW.replace("orders.csv", "/etc/passwd")}),
            await client.call_tool("run", {"workflow": reaching, "preview": 1}),
            await client.call_tool("run", {"workflow": asking, "preview": 1}),
        ]

    run, outside, password, host, secret = asked(folder, talk)
    assert [each.is_error for each in (run, outside, password, host, secret)] == [True] * 5
    assert "started without --deliver" in run.content[0].text
    assert "error[IR503]" in outside.content[0].text
    assert "error[IR503]" in password.content[0].text
    assert "error[IR502]" in host.content[0].text
    assert "error[IR504]" in secret.content[0].text
    assert files_in(folder) == ["orders.csv", "regions.yaml"]


def test_with_leave_a_run_delivers_into_the_folder_and_is_listed(folder: Path) -> None:
    told: list[str | None] = []

    async def progress(count: float, total: float | None, text: str | None) -> None:
        told.append(text)

    async def talk(client: Client) -> list[Any]:
        outside = WORKFLOW.replace("path: out", "path: ../elsewhere")
        return [
            await client.call_tool("run", {"file": "regions.yaml"}, progress_callback=progress),
            await client.call_tool("run", {"workflow": outside}),
            await client.call_tool("list", {"what": "runs"}),
        ]

    run, outside, listed = asked(folder, talk, "--deliver")
    assert (run.is_error, run.structured_content["status"]) == (False, "succeeded")
    assert (folder / "out" / "totals.csv").read_text() == "region,orders,total\nnorth,2,15\nsouth,1,7\n"
    assert told[-1] == "regions: succeeded"
    assert outside.is_error
    assert "error[IR503]" in outside.content[0].text
    [known] = listed.structured_content["runs"]
    assert (known["run_id"], known["status"]) == (run.structured_content["run_id"], "succeeded")


def test_what_is_wrong_with_a_text_is_told_at_its_place(folder: Path) -> None:
    async def talk(client: Client) -> list[Any]:
        broken = WORKFLOW.replace("group_by: [region]", "group_by: [regoin]")
        return [
            await client.call_tool("validate", {"workflow": broken}),
            await client.call_tool("plan", {"workflow": "goal: ["}),
            await client.call_tool("plan", {}),
            await client.call_tool("plan", {"file": "regions.yaml", "formt": "json"}),
            await client.call_tool("deliver", {}),
        ]

    validated, unread, neither, misspelled, unknown = asked(folder, talk)
    assert (validated.is_error, validated.structured_content["valid"]) == (False, False)
    assert "<workflow>:10:" in validated.content[0].text
    assert 'did you mean "region"?' in validated.content[0].text
    assert "error[IR103]" in unread.content[0].text
    assert neither.content[0].text == "arguments: value error, give either file or workflow"
    assert misspelled.content[0].text == "formt: extra inputs are not permitted"
    assert unknown.content[0].text == 'there is no tool "deliver"; the tools are validate, plan, run, list'
    assert all(each.is_error for each in (unread, neither, misspelled, unknown))


def test_the_guide_to_the_language_is_a_resource_and_an_answer(folder: Path) -> None:
    async def talk(client: Client) -> list[Any]:
        return [await client.read_resource("weirflow://guide"), await client.call_tool("list", {"what": "language"}),
                await client.call_tool("list", {"what": "transforms"}),
                await client.call_tool("list", {"what": "plugins"}),
                await client.call_tool("list", {"what": "plugins", "name": "slack"}),
                await client.call_tool("list", {"what": "plugins", "name": "slak"})]  # fmt: skip

    resource, listed, transforms, plugins, slack, unknown = asked(folder, talk)
    assert {"slack", "gmail"} <= {each["key"] for each in plugins.structured_content["plugins"]}
    actions = {each["name"]: each for each in slack.structured_content["plugin"]["actions"]}
    assert "channel" in actions["send_message"]["parameters"]["properties"]
    assert unknown.is_error
    assert 'did you mean "slack"?' in unknown.content[0].text
    assert resource.contents[0].text == listed.content[0].text
    assert listed.content[0].text.startswith("# How to write a weirflow workflow")
    assert "pivot" in [each["name"] for each in transforms.structured_content["transforms"]]


def test_a_client_that_goes_in_the_middle_of_a_run_leaves_one_to_go_on_with(folder: Path) -> None:
    (folder / "numbers.csv").write_text(numbers())
    (folder / "long.yaml").write_text(long_workflow("numbers.csv"))

    async def talk(client: Client) -> None:
        started = asyncio.Event()

        async def progress(count: float, total: float | None, text: str | None) -> None:
            started.set()

        call = asyncio.create_task(client.call_tool("run", {"file": "long.yaml"}, progress_callback=progress))
        await started.wait()
        for _ in range(200):  # it reads before it is noted, and nothing takes effect before that
            if wf.runs():
                break
            await asyncio.sleep(0.05)
        call.cancel()

    asked(folder, talk, "--deliver")
    [run] = wf.runs()
    assert (run.status, run.error, run.can_be_resumed) == ("cancelled", "the client cancelled it", True)
    assert not (folder / "out" / "book.xlsx").exists()
    assert wf.resume(run.run_id).status == "succeeded"
    assert (folder / "out" / "book.xlsx").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_server_that_is_told_to_stop_stops(folder: Path, number: signal.Signals, code: int) -> None:
    process = subprocess.Popen([sys.executable, "-m", "engine.cli", "mcp", str(folder)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=UNMEASURED)  # fmt: skip
    assert process.stderr is not None
    assert "weirflow serves MCP" in process.stderr.readline()
    process.send_signal(number)
    assert process.wait(timeout=60) == code
    assert "Traceback" not in process.communicate()[1]


def test_no_option_lets_a_client_start_programs(folder: Path) -> None:
    wide = Permissions(folder=folder, delivers=True, hosts=frozenset({"Db.example.com"}), private_networks=True)
    assert wide.policy().schemes is not None
    assert "stdio" not in wide.policy().schemes
    assert wide.policy().hosts == {"db.example.com"}
    assert wide.policy(outbox=folder / "out").write_folders == (folder / "out",)
    assert Permissions(folder=folder).policy().write_folders == ()


def test_without_its_package_the_server_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("engine.cli.mcp.find_spec", lambda name: None)
    assert run_command_line(["mcp", str(folder)]) == 2
    assert "pip install 'weirflow[mcp]'" in capsys.readouterr().err
