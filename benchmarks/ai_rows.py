"""Rows classified by an AI operation against a server of this machine, beside the bare HTTP client's calls.

    python -m benchmarks.ai_rows [--rows 5000] [--at-once 32] [--rounds 3]

The bare client posts the same bodies to the same server in a process of its own, over as many connections, and reads
the answers. The workflow is a whole run: rows read and kept for a resume, prompts made and looked up among what is
remembered, the answers checked, remembered and written to a CSV. A second run of it finds all answers remembered.
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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

import weirflow as wf
from connectors.ai.answering import Item, Task
from connectors.ai.prompts import Prompt
from connectors.ai.shape import Field, Shape
from ir.types import String

CLASSES = ["quality", "price", "delivery"]
INSTRUCTION = "What is [text] about?"
COMPLETION = {"choices": [{"message": {"content": '{"answer":"price"}'}, "finish_reason": "stop"}],
              "usage": {"prompt_tokens": 300, "completion_tokens": 6}}  # fmt: skip


def serve(port: Any) -> None:
    """Answer every question the same, until the process is ended."""
    said = json.dumps(COMPLETION).encode()

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=said, content_type="application/json")

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


def bare(url: str, rows: int, at_once: int, turn: int) -> None:
    """The questions asked by aiohttp alone, their bodies made as simply as can be."""
    shape = Shape(value=Field(name="answer", type=String(), is_required=True, choices=tuple(CLASSES)))
    prompt = Prompt.of(Task(type="classify", shape=shape, instruction=INSTRUCTION))
    form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": prompt.schema}}

    def content_of(number: int) -> str:
        return prompt.content_of(Item(values={"text": text_of(turn, number)}))

    async def ask() -> None:
        numbers = iter(range(rows))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:

            async def work() -> None:
                for number in numbers:
                    body = {"model": "m", "messages": prompt.messages([content_of(number)]), "temperature": 0,
                            "response_format": form}  # fmt: skip
                    async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
                        said = await answer.json()
                        assert json.loads(said["choices"][0]["message"]["content"])["answer"] == "price"

            await asyncio.gather(*[work() for _ in range(at_once)])

    asyncio.run(ask())


def by_workflow(url: str, rows: int, at_once: int, turn: int) -> None:
    """The questions asked by a run."""
    os.environ["WEIRFLOW_AI_BASE_URL"], os.environ["WEIRFLOW_AI_MODEL"] = f"{url}/v1", "m"
    os.environ["WEIRFLOW_AI_MAX_CONCURRENT"] = str(at_once)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "comments.csv"
        file.write_text("text\n" + "\n".join(text_of(turn, number) for number in range(rows)))
        operation = {"type": "classify", "instruction": "What is {{text}} about?", "output_variable": "topic",
                     "output_schema": {"type": "string", "enum": CLASSES}}  # fmt: skip
        document = {"ir_version": "3.1", "goal": "measure", "ai_operations": [operation],
                    "data_sources": [{"type": "file", "alias": "comments", "location": str(file)}],
                    "delivery_rules": {"file_delivery": [{"format": "csv"}]}}  # fmt: skip
        result = wf.run(document, out=Path(folder) / "out")
        assert result.status == "succeeded"


def text_of(turn: int, number: int) -> str:
    """A comment that is asked about in one turn only."""
    return f"comment {turn}-{number} says that the price of it is fine and that nothing else is worth telling"


def measured(way: Callable[[str, int, int, int], None], *about: Any) -> tuple[float, float]:
    """Rows in a second, and the CPU time of one in milliseconds."""
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    way(*about)
    took_s = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return about[1] / took_s, 1000 * cpu_s / about[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{port.get(timeout=60)}"
    found: dict[str, list[tuple[float, float]]] = {"bare client": [], "workflow": [], "remembered": []}
    with tempfile.TemporaryDirectory() as home:
        os.environ["WEIRFLOW_HOME"] = home
        by_workflow(url, 10, asked.at_once, -1)
        for turn in range(asked.rounds):
            about = (url, asked.rows, asked.at_once, turn)
            found["bare client"].append(measured(bare, *about))
            found["workflow"].append(measured(by_workflow, *about))
            found["remembered"].append(measured(by_workflow, *about))
    server.terminate()
    print(f"{asked.rows:,} rows, {asked.at_once} at once, medians of {asked.rounds} rounds")
    for name, rounds in found.items():
        rate, cpu_ms = (statistics.median(each[part] for each in rounds) for part in (0, 1))
        print(f"  {name:<12} {rate:8,.0f} rows/s {cpu_ms:8.3f} ms of CPU a row")
    ratios = [one[0] / other[0] for one, other in zip(found["workflow"], found["bare client"], strict=True)]
    print(f"  the workflow reaches {statistics.median(ratios):.2f} of the bare client (rounds: "
          f"{', '.join(f'{each:.2f}' for each in ratios)})")  # fmt: skip


if __name__ == "__main__":
    main()
