"""The parts of a zipped document, unpacked a piece at a time within what a document may cost."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Protocol
from xml.parsers import expat

from connectors.documents.budget import Budget
from connectors.documents.problems import damaged, not_read, too_much

_BLOCK = 64 * 1024
_MOST_MEMBERS = 10_000
_DEEPEST = 500
_DAMAGED = (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, ValueError)


class Reader(Protocol):
    """What is told of an XML part, element by element."""

    def begin(self, tag: str, attributes: dict[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def characters(self, text: str) -> None: ...
    @property
    def is_done(self) -> bool:
        """Whether the rest need not be read."""
        ...


class Archive:
    """A zip file in memory."""

    def __init__(self, content: bytes, *, name: str, budget: Budget) -> None:
        self._name, self._budget = name, budget
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
            self.names = self._zip.namelist()
        except _DAMAGED as error:
            raise damaged(name, "is cut short or damaged: it does not unpack") from error
        if len(self.names) > _MOST_MEMBERS:
            raise too_much(name, f"has {len(self.names):,} parts")

    def pieces(self, member: str) -> Iterator[bytes]:
        """The bytes of a part as they are unpacked; what its header says of its size is not believed.

        Raises:
            ConnectorProblem: IR781 where it is damaged or locked, IR782 where it is too much.
        """
        try:
            with self._zip.open(member) as stream:
                while piece := stream.read(_BLOCK):
                    self._budget.unpack(len(piece))
                    yield piece
        except KeyError as error:
            raise damaged(self._name, f"has no {member}") from error
        except RuntimeError as error:
            raise not_read(self._name, "locked with a password", hint="save it without a password") from error
        except _DAMAGED as error:
            raise damaged(self._name, f"is cut short or damaged: {member} does not unpack") from error

    def read_xml(self, member: str, reader: Reader) -> None:
        """Tell the reader of a part's elements, by their names without prefix.

        Entities are refused with the document type that declares them: Office's own files have none.

        Raises:
            ConnectorProblem: as `pieces`, and IR781 for what is no XML.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        depth = 0

        def begin(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEEPEST:
                raise too_much(self._name, f"nests more than {_DEEPEST} elements in each other")
            reader.begin(_local(tag), attributes)

        def end(tag: str) -> None:
            nonlocal depth
            depth -= 1
            reader.end(_local(tag))

        def refuse(*_: object) -> None:
            raise damaged(self._name, f"declares entities in {member}, which no office program writes",
                          hint="a document like this is often meant to do harm")  # fmt: skip

        parser.StartElementHandler = begin
        parser.EndElementHandler = end
        parser.CharacterDataHandler = reader.characters
        parser.StartDoctypeDeclHandler = refuse
        try:
            for piece in self.pieces(member):
                parser.Parse(piece, False)
                if reader.is_done:
                    return
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise damaged(self._name, f"is damaged: {member} is no XML", notes=[str(error)]) from error


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]
