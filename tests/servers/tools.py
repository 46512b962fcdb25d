"""An MCP server with tools of the tests' own, on stdin and stdout or, with a port, over HTTP."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Image, MCPServer
from mcp_types import ToolAnnotations

server = MCPServer("Test tools", version="2.1.0")


def _noted(call: str) -> None:
    """One line a call in the file that the environment names, so that a test sees what took effect."""
    if "NOTES" in os.environ:
        with Path(os.environ["NOTES"]).open("a") as stream:
            stream.write(f"{os.getpid()} {call}\n")


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def find_people(city: str, limit: int = 2) -> list[dict[str, Any]]:
    """The people of a city."""
    _noted(f"find {city}")
    return [{"name": f"Person {each}", "city": city} for each in range(limit)]


@server.tool(name="add-note")
def add_note(text: str) -> str:
    """Write a note down."""
    _noted(f"note {text}")
    return f"noted {text}"


@server.tool()
def fail(why: str) -> str:
    """Never works."""
    raise ValueError(why)


@server.tool()
def end(when: str) -> str:
    """Ends the server: before or after the note."""
    if when == "after":
        _noted("end")
    os._exit(7)


@server.tool()
def wait(seconds: float) -> str:
    """Takes its time."""
    time.sleep(seconds)
    return "done"


@server.tool()
def picture() -> Image:
    """A picture."""
    return Image(data=b"\x89PNG bytes", format="png")


@server.tool()
def environment() -> str:
    """The names of the variables that the server sees."""
    return json.dumps(sorted(os.environ))


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "broken":
        sys.exit("no key was given")
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
