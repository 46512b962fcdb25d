"""A place in a store: what its URL says, asked with the words of a diagnostic at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.url import without_secrets
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file, a folder or a glob in somebody's store."""

    url: str
    account: Account
    key: tuple[str | int, ...] = ("location",)
    """What of the source or delivery names it."""

    @property
    def scheme(self) -> str:
        return self.url.partition("://")[0].lower()

    @property
    def store(self) -> Store:
        return self.account.store(self.scheme)

    @property
    def inner(self) -> str:
        return self.store.inner(self.url)

    @property
    def shown(self) -> str:
        return without_secrets(self.url)

    @contextmanager
    def asked(self, *, verb: str = "opened") -> Iterator[Store]:
        """The store, its errors put in words.

        Raises:
            ConnectorProblem: IR505 for a file that is not there, IR58x for credentials, buckets and networks, else
                IR506 or IR608.
        """
        try:
            yield self.store
        except FileExistsError:
            raise
        except ConnectorProblem as problem:
            raise self._placed(problem) from problem.__cause__
        except FileNotFoundError as error:
            if verb == "written":
                raise self._placed(self.store.problem(error, self.shown, verb=verb)) from error
            raise ConnectorProblem("IR505", f"{self.shown} does not exist", key=self.key) from error
        except Exception as error:  # every store raises errors of its own library
            raise self._placed(self.store.problem(error, self.shown, verb=verb)) from error

    def _placed(self, problem: ConnectorProblem) -> ConnectorProblem:
        """The problem at the part of the document that it is about."""
        if problem.code == "IR586":
            self.account.forget(self.scheme)  # a token may be renewed until the next run
        keys: dict[tuple[str | int, ...], tuple[str | int, ...]]
        keys = {("location",): self.key, ("credentials_ref",): self.account.key}
        problem.key = keys.get(problem.key, problem.key)
        return problem
