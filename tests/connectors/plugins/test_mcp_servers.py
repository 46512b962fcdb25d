"""Tools of MCP servers as actions: a program of the tests' own on stdin and stdout, and the same tools over HTTP."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from mcp.server.mcpserver import MCPServer

from connectors.home import home
from connectors.http.blocking import waited_for
from connectors.kept import kept_for_a_run
from connectors.plugins.account import PluginAccount
from connectors.plugins.files import FileStore
from connectors.plugins.plugin import Plugin
from connectors.plugins.reading import read_plugin
from connectors.plugins.registry import find_plugin
from connectors.plugins.session import Session, open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from engine.cli.main import run_command_line
from tests.connectors.names import ALLOWED, FORBIDDEN, names, trap
from tests.connectors.plugins.calling import FakePace, called
from tests.servers.http_receiver import HttpReceiver

TOOLS = Path(__file__).parents[2] / "servers" / "tools.py"


def configured(**servers: dict[str, Any]) -> None:
    """Write the servers into config.toml of the home."""
    home().mkdir(parents=True, exist_ok=True)
    lines = [f"[mcp.{name}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in settings.items())
             for name, settings in servers.items()]  # fmt: skip
    (home() / "config.toml").write_text("\n".join(lines))


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value)


def program(**settings: Any) -> dict[str, Any]:
    return {"command": sys.executable, "args": [str(TOOLS)], "timeout_s": 60, **settings}


@contextmanager
def session_of(plugin: Plugin, *, policy: Policy | None = None, ref: str | None = None, folder: Path | None = None,
               attempts: int = 1) -> Iterator[Session]:  # fmt: skip
    account = PluginAccount(ref=ref, base=Path(), policy=policy or Policy.open())
    session = open_session(plugin, account, files=FileStore(folder) if folder else None,
                           pace=FakePace(most_attempts=attempts))  # fmt: skip
    try:
        yield session
    finally:
        waited_for(session.close())


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """What the tools note down that take effect."""
    path = tmp_path / "notes"
    configured(test=program(env={"NOTES": str(path)}))
    return path


def test_any_tool_of_a_server_is_an_action_and_its_answer_a_value(notes: Path, tmp_path: Path) -> None:
    plugin = find_plugin("mcp:test")
    with session_of(plugin, folder=tmp_path / "files") as session:
        assert called(session, plugin, "find_people", {"city": "Bonn", "limit": 1}).output == [
            {"name": "Person 0", "city": "Bonn"}
        ]
        assert called(session, plugin, "add-note", {"text": "paid"}).output == "noted paid"
        [picture] = called(session, plugin, "picture", {}).output["files"]
        assert (picture["name"], picture["mime"]) == ("image", "image/png")
        assert FileStore(tmp_path / "files").read(picture) == b"\x89PNG bytes"
        with pytest.raises(ConnectorProblem, match="the tool fail failed"):
            called(session, plugin, "fail", {"why": "it is closed"})
        with pytest.raises(ConnectorProblem, match="Unknown tool: find_peple"):
            called(session, plugin, "find_peple", {})
        [shown] = session.rendered(plugin.action("add-note"), {"text": "seen"})
    assert (shown.method, shown.url, shown.body) == ("CALL", "mcp:test/add-note", {"text": "seen"})
    assert [line.split(" ", 1)[1] for line in notes.read_text().splitlines()] == ["find Bonn", "note paid"]


def test_a_server_that_ends_in_the_middle_is_begun_again_by_the_next_call(notes: Path) -> None:
    plugin = find_plugin("mcp:test")
    with session_of(plugin, attempts=3) as session:
        with pytest.raises(ConnectorProblem, match="has ended before it answered") as ended:
            called(session, plugin, "end", {"when": "after"})
        assert (ended.value.sent, ended.value.reason) == (True, "network_error")
        assert called(session, plugin, "add-note", {"text": "on"}).output == "noted on"
    servers, calls = zip(*(line.split(" ", 1) for line in notes.read_text().splitlines()), strict=True)
    assert calls == ("end", "note on")
    assert len(set(servers)) == 2


def test_the_steps_of_a_run_share_one_server_and_it_ends_with_the_run(notes: Path) -> None:
    plugin = find_plugin("mcp:test")
    with kept_for_a_run():
        for text in ("a", "b"):
            with session_of(plugin) as session:
                called(session, plugin, "add-note", {"text": text})
    with session_of(plugin) as session:
        called(session, plugin, "add-note", {"text": "c"})
    first, second, third = (line.split(" ")[0] for line in notes.read_text().splitlines())
    assert first == second != third
    assert not [each for each in (first, third) if Path(f"/proc/{each}").exists()]


def test_a_call_that_takes_too_long_may_have_taken_effect(notes: Path) -> None:
    plugin = find_plugin("mcp:test")
    with session_of(plugin) as session:
        called(session, plugin, "add-note", {"text": "begun"})
        waited = session._server  # type: ignore[attr-defined]
        waited.settings = type(waited.settings)(
            name="test", command=waited.settings.command, args=waited.settings.args, timeout_s=0.1
        )
        with pytest.raises(ConnectorProblem, match=r"did not answer within 0\.1 s") as late:
            called(session, plugin, "wait", {"seconds": 3})
    assert (late.value.sent, late.value.reason) == (True, "timeout")


def test_tools_that_are_written_down_are_checked_before_the_server_is_asked(tmp_path: Path, notes: Path) -> None:
    file = tmp_path / "plugins" / "test.yaml"  # in a folder that is made for it
    assert run_command_line(["plugins", "import", "mcp:test", "--all", "-o", str(file)]) == 0
    plugin = find_plugin("mcp:test", folders=[file.parent])
    assert plugin.sha256 == read_plugin(file).sha256
    assert (plugin.version, plugin.action("add-note").name) == ("2.1.0", "add_note")
    assert {name: each.kind for name, each in plugin.actions.items() if name in {"find_people", "add_note"}} == {
        "find_people": "read", "add_note": "write",
    }  # fmt: skip
    assert [tuple(each)[1] for each in plugin.action("find_people").problems({"limit": "two"})] == [
        "expected an integer, but this is \"two\"", '"city" is missing',
    ]  # fmt: skip
    with session_of(plugin) as session:
        assert called(session, plugin, "find_people", {"city": "Ulm", "limit": 1}).output == [
            {"name": "Person 0", "city": "Ulm"}
        ]


@pytest.mark.parametrize(
    ("settings", "policy", "ref", "said"),
    [
        ({}, None, None, r"there is no \[mcp\.test\]"),
        ({"command": "a", "url": "https://b.example"}, None, None, "neither or both of command and url"),
        ({"comand": "a"}, None, None, 'unknown key "comand"'),
        ({"url": "ftp://b.example"}, None, None, "a url that is none"),
        ({"url": "http://b.example/mcp", "headers": {"X-Key": "k"}}, None, None, "would send its headers unencrypted"),
        ({"command": "a"}, Policy.closed(Path()), None, "may not start the program of mcp:test"),
        ({"url": "https://b.example/mcp"}, Policy(hosts=frozenset({"a.example"})), None, "may not reach"),
        ({"command": "a"}, None, "env:TOKEN", "takes no credentials_ref"),
        ({"command": "a", "secret_env": {"KEY": "env:NOT_THERE"}}, None, None, "NOT_THERE"),
    ],
)  # fmt: skip
def test_a_server_that_may_not_or_cannot_be_had_is_refused_before_any_call(
    settings: dict[str, Any], policy: Policy | None, ref: str | None, said: str
) -> None:
    configured(**({"test": settings} if settings else {}))
    with pytest.raises(ConnectorProblem, match=said), session_of(find_plugin("mcp:test"), policy=policy, ref=ref):
        pass


def test_a_program_that_does_not_begin_says_why() -> None:
    configured(test=program(args=[str(TOOLS), "broken"]), none={"command": "no-such-program"})
    with session_of(find_plugin("mcp:test")) as session:
        with pytest.raises(ConnectorProblem, match="gives no connection") as broken:
            called(session, find_plugin("mcp:test"), "x", {})
        assert broken.value.notes == ("it says: no key was given",)
        assert not broken.value.sent
    with (
        session_of(find_plugin("mcp:none")) as session,
        pytest.raises(ConnectorProblem, match="there is no such program"),
    ):
        called(session, find_plugin("mcp:none"), "x", {})


def test_a_program_sees_no_variable_that_its_settings_do_not_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "s-0123456789")
    configured(test=program(secret_env={"TOKEN": "env:SHOP_TOKEN"}))
    plugin = find_plugin("mcp:test")
    with session_of(plugin) as session:
        seen = called(session, plugin, "environment", {}).output
    assert "TOKEN" in seen
    assert not {"SHOP_TOKEN", "WEIRFLOW_HOME"} & set(json.loads(seen) if isinstance(seen, str) else seen)


@contextmanager
def tools_over_http(authorizations: list[str | None]) -> Iterator[str]:
    """The URL of a server, which notes who asked."""
    tools = MCPServer("Remote tools")

    @tools.tool()
    def double(number: int) -> int:
        return number * 2

    app = tools.streamable_http_app()

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            authorizations.append(dict(scope["headers"]).get(b"authorization", b"").decode())
        await app(scope, receive, send)

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(noting, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 90
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join(20)


def test_a_server_over_http_is_asked_with_the_token_of_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLS_TOKEN", "t-0123456789")
    authorizations: list[str | None] = []
    with tools_over_http(authorizations) as url:
        configured(test={"url": url, "token_ref": "env:TOOLS_TOKEN"})
        plugin = find_plugin("mcp:test")
        with session_of(plugin) as session:
            assert called(session, plugin, "double", {"number": 21}).output == 42
    assert set(authorizations) == {"Bearer t-0123456789"}
    with session_of(plugin) as session, pytest.raises(ConnectorProblem, match="gives no connection"):
        called(session, plugin, "double", {"number": 1})


@pytest.mark.parametrize("answers", [[ALLOWED], [ALLOWED, FORBIDDEN]])
def test_a_server_is_reached_by_the_address_that_was_checked(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = Policy(private_networks=False, private_hosts=frozenset({ALLOWED}))
    with tools_over_http([]) as url, trap(int(url.split(":")[2].partition("/")[0])) as caught:
        configured(test={"url": url.replace(ALLOWED, "localhost")})  # the server serves no other name
        plugin = find_plugin("mcp:test")
        names(monkeypatch, *answers, name="localhost")
        with session_of(plugin, policy=policy) as session:
            if len(answers) == 1:
                assert called(session, plugin, "double", {"number": 21}).output == 42
            else:
                with pytest.raises(ConnectorProblem, match="may not reach the private address"):
                    called(session, plugin, "double", {"number": 21})
    assert caught == []


@pytest.mark.parametrize(("status", "said", "reason"), [
    (401, "answers 401", None), (503, "answers 503", "temporary_failure"),
    (200, "what answers there does not speak the protocol", "network_error"),
])  # fmt: skip
def test_a_url_that_gives_no_server_says_what_it_gives(
    receiver: HttpReceiver, status: int, said: str, reason: str | None
) -> None:
    receiver.fail("POST", "/mcp", status=status, body="{}", times=99)
    receiver.fail("GET", "/mcp", status=status, body="{}", times=99)
    configured(test={"url": f"{receiver.url}/mcp", "timeout_s": 60})
    with session_of(find_plugin("mcp:test")) as session, pytest.raises(ConnectorProblem, match=said) as refused:
        called(session, find_plugin("mcp:test"), "x", {})
    assert (refused.value.reason, refused.value.sent) == (reason, False)
