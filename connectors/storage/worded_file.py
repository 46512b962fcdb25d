"""An open file of a store."""

from __future__ import annotations

from typing import IO

from connectors.storage.place import Place


class WordedFile:
    """An open file of a store whose errors are those of a diagnostic, also in the middle of reading."""

    def __init__(self, file: IO[bytes], place: Place) -> None:
        self._file = file
        self._place = place

    def read(self, size: int = -1) -> bytes:
        with self._place.asked(verb="read"):
            return self._file.read(size)

    def readinto(self, buffer: bytearray) -> int:
        with self._place.asked(verb="read"):
            return self._file.readinto(buffer)  # type: ignore[attr-defined, no-any-return]

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def __enter__(self) -> WordedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
