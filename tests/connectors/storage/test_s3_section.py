"""A part of a file that is sent, and sent again."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from connectors.storage.s3.credentials import S3Credentials
from connectors.storage.s3.section import Section
from connectors.storage.s3.uploading import PART_BYTES, Uploading
from connectors.storage.store import Upload


def test_a_read_that_is_still_going_on_does_not_move_an_attempt_that_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(b"0123456789")
    section = Section(path, 2, 6)
    reading, go_on = threading.Event(), threading.Event()
    file: Any = section._file

    class Slow:
        def seek(self, place: int) -> None:
            file.seek(place)

        def read(self, size: int) -> bytes:
            reading.set()
            go_on.wait(10)
            found: bytes = file.read(size)
            return found

        def close(self) -> None:
            file.close()

    section._file = Slow()  # type: ignore[assignment]
    broken_off = threading.Thread(target=section.read, args=(4,))
    broken_off.start()
    reading.wait(10)
    again = threading.Thread(target=section.seek, args=(0,))
    again.start()
    go_on.set()
    broken_off.join(10)
    again.join(10)
    assert section.read() == b"234567"
    section.close()


def test_a_request_that_broke_off_takes_no_byte_of_the_next_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.storage.retries.pause_s", lambda *asked: 0.0)
    content = bytes(range(256)) * (PART_BYTES // 128)
    (tmp_path / "file").write_bytes(content)
    client = _BreakingClient()
    uploading = Uploading(client=client, bucket="shop", key="file", credentials=S3Credentials(),
                          upload=Upload(overwrite=True, public=False, media_type="text/csv", token="t"))  # fmt: skip
    asyncio.run(uploading.send(tmp_path / "file"))
    assert b"".join(client.parts[number] for number in sorted(client.parts)) == content


class _BreakingClient:
    """Breaks off the first attempt at each part, whose body is read on while the next one is under way."""

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self._broken: dict[int, Any] = {}

    async def create_multipart_upload(self, **asked: Any) -> dict[str, str]:
        return {"UploadId": "1"}

    async def upload_part(self, *, PartNumber: int, Body: Any, **asked: Any) -> dict[str, str]:
        if PartNumber not in self._broken:
            self._broken[PartNumber] = Body
            Body.read(1000)
            raise ConnectionClosedError(endpoint_url="http://shop")
        with suppress(ValueError):  # it is closed
            self._broken[PartNumber].read(1000)
        self.parts[PartNumber] = Body.read()
        return {"ETag": "e"}

    async def complete_multipart_upload(self, **asked: Any) -> None:
        pass
