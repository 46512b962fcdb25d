"""The webhooks of a service in memory, as the journal has them: looked at again every second."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

from connectors.secrets.resolving import resolve
from connectors.webhooks.schema import PayloadSchema
from engine.journal.records import instant
from engine.service.context import Context
from engine.service.longer_names import LongerNames
from engine.service.store.hooks import Hook, definitions_of, list_hooks
from engine.service.store.inbox import waiting_events
from engine.service.webhooks.answering import Answer
from engine.service.webhooks.proving import Gate, Secrets
from ir.model.webhooks import WebhookConfig
from ir.records import dataclass

_LOG = logging.getLogger("weirflow.webhooks")
EVERY_S = 1.0
AT_MOST_EVERY_S = 0.2
"""An address that nobody knows has the journal looked at again, so often at most."""


@dataclass(slots=True, kw_only=True)
class OpenHook:
    """One webhook, ready to take requests."""

    hook: Hook
    config: WebhookConfig
    gate: Gate
    secrets: Secrets
    answer: Answer
    schema: PayloadSchema | None
    pace: Pace | None = None
    waiting: int = 0
    """Events that no run has taken yet; counted every second, and up with each that this process stores."""

    @property
    def is_batched(self) -> bool:
        return self.config.batch_rows is not None or self.config.batch_seconds is not None


@dataclass(slots=True)
class Pace:
    """So many requests a second, and as many at once where none came before."""

    rate: int
    _left: float = 0.0
    _at: float = 0.0

    def is_kept(self, now_s: float) -> bool:
        """Whether one more may come now."""
        self._left = min(self._left + (now_s - self._at) * self.rate, float(self.rate))
        self._at = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class OpenHooks:
    """The webhooks by their workflows. `refresh` may be called by any thread."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._names = LongerNames(context.journal)
        self._by_workflow: dict[str, OpenHook] = {}
        self._looked_at = 0.0
        self._lock = threading.Lock()

    def find(self, workflow: str, written: str) -> OpenHook | None:
        """The webhook of an address, as far as it is known here."""
        found = self._by_workflow.get(workflow)
        if found is None or written == found.hook.hook:
            return found
        return found if found.hook.is_former(written, instant()) else None

    @property
    def next_look_s(self) -> float:
        """So long it takes until the journal may be looked at again for an address that is not known here."""
        return max(self._looked_at + AT_MOST_EVERY_S - time.monotonic(), 0.0)

    def refresh(self, *, unless_since: float | None = None) -> None:
        """Look at the journal; not where somebody has done so since a moment."""
        with self._lock:
            if unless_since is not None and self._looked_at > unless_since:
                return
            began = time.monotonic()
            found = {each.workflow: each for each in list_hooks(self._context.journal) if each.is_open}
            waiting = waiting_events(self._context.journal)
            old = self._by_workflow
            changed = [name for name, each in found.items() if name not in old or not _is_same(old[name].hook, each)]
            definitions = definitions_of(self._context.journal, changed) if changed else {}
            opened = {name: each for name, each in old.items() if name in found and name not in definitions}
            for name in definitions:
                try:
                    opened[name] = self._opened(found[name], definitions[name])
                except ValueError as error:  # a schema that is none; compiling the workflow says so
                    _LOG.error("the webhook of %s takes nothing: its payload_schema is no schema: %s", name, error)
                except Exception:  # what is the matter with one closes no other
                    _LOG.exception("the webhook of %s takes nothing", name)
            for name, each in opened.items():
                each.hook, each.waiting = found[name], waiting.get(name, 0)
            self._by_workflow = opened
            self._looked_at = began

    def _opened(self, hook: Hook, definition: dict[str, Any]) -> OpenHook:
        config = WebhookConfig.model_validate(definition["webhook_config"])
        written = config.validation.secret_ref
        references = [written] if isinstance(written, str) else list(written or [])
        base = Path(hook.base)
        policy = self._context.settings.policy(base, workflow=hook.workflow,
                                               others=self._names.of(hook.workflow))  # fmt: skip

        def find(reference: str) -> str:
            return resolve(reference, policy=policy, base=base).text

        return OpenHook(
            hook=hook, config=config, gate=Gate(config.validation), answer=Answer(config.response),
            secrets=Secrets(references, find, config.validation.signature_format), schema=PayloadSchema.of(config),
            pace=None if self._context.settings.webhook_rate is None else Pace(self._context.settings.webhook_rate),
        )  # fmt: skip


def _is_same(old: Hook, new: Hook) -> bool:
    return (old.changed_at, old.workflow_changed_at, old.base) == (new.changed_at, new.workflow_changed_at, new.base)
