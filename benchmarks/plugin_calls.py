"""Ten thousand calls of a plugin's action against a server of this machine, beside the bare HTTP client's.

    python -m benchmarks.plugin_calls [--calls 10000] [--at-once 50] [--rounds 3]

Both post the same JSON to the same server in a process of its own, over as many connections, and read the answer. The
rounds take turns, so that a busy machine slows both. A call of the action has its parameters checked against their
schema, its request made of templates, waits for a limit, is counted, and has its answer checked and mapped. It does so
once with the limit counted in the process, and once in a journal that other processes would share.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from aiohttp import web

from connectors.leases import Leases
from connectors.plugins.account import PluginAccount
from connectors.plugins.pace import DefaultPace
from connectors.plugins.reading import read_plugin
from connectors.plugins.session import open_session
from connectors.policy import Policy
from engine.journal.journal import Journal
from engine.policies.limits import SharedLimits

MANIFEST = {
    "manifest_version": 1, "key": "bench", "title": "Bench", "version": "1.0.0",
    "base_url": "https://bench.example/api",
    "connection": {"type": "object", "required": ["token"],
                   "properties": {"token": {"type": "string", "writeOnly": True, "description": "A token."}}},
    "auth": {"type": "bearer", "token": "{{connection.token}}"},
    "limits": [{"name": "all", "rate": 1_000_000, "per_s": 1}],
    "errors": {"success_when": {"path": "ok", "equals": True}, "message_path": "error"},
    "actions": {"send": {
        "kind": "write",
        "parameters": {"type": "object", "required": ["channel", "text"], "properties": {
            "channel": {"type": "string", "description": "Where."}, "text": {"type": "string", "description": "What."},
            "thread": {"type": "string", "description": "After what."}}},
        "request": {"method": "POST", "path": "/send/{{params.channel}}",
                    "body": {"channel": "{{params.channel}}", "text": "{{params.text}}",
                             "thread": "{{params.thread}}"}},
        "response": {"output": {"id": "{{response.ts}}"}},
    }},
}  # fmt: skip


def serve(port: object) -> None:
    """Answer every post with what it brought, until the process is ended."""

    async def answer(request: web.Request) -> web.Response:
        sent = json.loads(await request.read())
        return web.json_response({"ok": True, "ts": sent["text"]})

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/api/send/{channel}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port.put(runner.addresses[0][1])  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    asyncio.run(run())


async def bare(url: str, calls: int, at_once: int) -> None:
    """The calls by aiohttp alone."""
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector, headers={"Authorization": "Bearer t0ken-12345"}) as session:

        async def call(number: int) -> None:
            body = {"channel": "c", "text": f"order {number}"}
            async with session.post(f"{url}/api/send/c", json=body) as answer:
                assert (await answer.json())["ts"] == body["text"]

        await spread(call, calls, at_once)


async def by_shared(url: str, calls: int, at_once: int) -> None:
    """The calls as actions of a plugin whose limit is counted in a journal."""
    with Journal() as journal:
        await by_plugin(url, calls, at_once, Leases(SharedLimits(journal)))


async def by_plugin(url: str, calls: int, at_once: int, leases: Leases | None = None) -> None:
    """The calls as actions of a plugin."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.yaml"
        file.write_text(json.dumps(MANIFEST))
        plugin = read_plugin(file)
        account = PluginAccount(ref=None, base=Path(), policy=Policy.open(),
                                parts={"token": "t0ken-12345", "api_base": url})  # fmt: skip
        session = open_session(plugin, account, pace=DefaultPace(leases=leases))
        action = plugin.action("send")

        async def call(number: int) -> None:
            outcome = await session.call(action, {"channel": "c", "text": f"order {number}"}, key=str(number))
            assert outcome.output == {"id": f"order {number}"}

        await spread(call, calls, at_once)
        await session.close()


async def spread(call: Callable[[int], Awaitable[None]], calls: int, at_once: int) -> None:
    """The calls by so many workers."""
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            await call(number)

    await asyncio.gather(*[work() for _ in range(at_once)])


def measured(way: Callable[[], object], calls: int) -> tuple[float, float]:
    """Calls in a second, and the CPU time of one in milliseconds."""
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    way()
    took_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return calls / took_s, 1000 * cpu_s / calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{port.get(timeout=60)}"
    folder = tempfile.TemporaryDirectory()
    os.environ["WEIRFLOW_JOURNAL"] = f"sqlite:///{folder.name}/journal.db"
    kept = Journal()
    with kept.looking():
        pass  # a journal that is there and open, as that of a run is: making one is no part of a call
    ways: dict[str, Callable[[str, int, int], Awaitable[None]]] = {
        "bare client": bare, "plugin": by_plugin, "shared": by_shared}  # fmt: skip
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(asked.rounds):
        for name, way in ways.items():
            found[name].append(measured(lambda way=way: asyncio.run(way(url, asked.calls, asked.at_once)), asked.calls))  # type: ignore[misc, arg-type]
    kept.close()
    server.terminate()
    print(f"{asked.calls:,} calls, {asked.at_once} at once, medians of {asked.rounds} rounds")
    for name, rounds in found.items():
        rate, cpu_ms = (statistics.median(each[part] for each in rounds) for part in (0, 1))
        print(f"  {name:<12} {rate:8,.0f} calls/s {cpu_ms:8.3f} ms of CPU a call")
    for name in ("plugin", "shared"):
        ratios = [one[0] / client[0] for client, one in zip(found["bare client"], found[name], strict=True)]
        print(f"  {name} reaches {statistics.median(ratios):.2f} of the bare client (rounds: "
              f"{', '.join(f'{each:.2f}' for each in ratios)})")  # fmt: skip


if __name__ == "__main__":
    main()
