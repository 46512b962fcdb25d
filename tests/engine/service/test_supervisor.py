"""What systemd is told of the service."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from engine.service.supervisor import tell_supervisor


def test_it_is_told_at_a_socket_without_a_path() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("")  # the kernel gives it a name that is free
        listening.settimeout(60)
        name = listening.getsockname()[1:].decode()
        tell_supervisor("STOPPING=1", {"NOTIFY_SOCKET": f"@{name}"})
        assert listening.recv(100) == b"STOPPING=1"


def test_nobody_is_told_where_nobody_asked() -> None:
    tell_supervisor("READY=1", {})


def test_one_that_is_gone_is_named_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tell_supervisor("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})
    assert caplog.messages == ["NOTIFY_SOCKET cannot be told READY=1: No such file or directory"]
