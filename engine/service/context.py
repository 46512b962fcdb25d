"""What all parts of a service share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.journal.tables import DEFAULT_TENANT

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.service.dispatch.port import Dispatcher
    from engine.service.settings import ServiceSettings


@dataclass(slots=True, kw_only=True)
class Context:
    """One process of a service. The journal may be used by any thread."""

    settings: ServiceSettings
    journal: Journal
    dispatcher: Dispatcher
    worker: str
    """The name of this process among the workers."""
    tenant: str = field(default=DEFAULT_TENANT)
