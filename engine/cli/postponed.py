"""A module that is imported when something of it is first used."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def postpone(name: str) -> None:
    """Let `import name` cost nothing until an attribute is asked for.

    For a command that reads its files and rarely needs the library that half of the code imports.
    """
    if name not in sys.modules:
        sys.modules[name] = _Postponed(name)


class _Postponed(ModuleType):
    """Stands for a module, also where it was imported already, and hands on to it once it is loaded."""

    def __getattr__(self, attribute: str) -> Any:
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        return getattr(import_module(name), attribute)
