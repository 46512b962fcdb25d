"""What a program is told of a run: it overrides what it wants to hear."""

from __future__ import annotations

from engine.events import Event


class Hooks:
    """Methods that a run calls as things happen, in order, from one thread at a time. They do nothing of themselves.

    One that raises does not harm the run: it becomes a warning of the run, told once for each method.
    """

    def run_started(self, event: Event) -> None:
        """The run has its `run_id` and begins."""

    def step_started(self, event: Event) -> None:
        """A step or a delivery begins to take rows."""

    def step_finished(self, event: Event) -> None:
        """A step is done, with its `rows`; one that the engine computed together with others takes no `seconds`."""

    def retry(self, event: Event) -> None:
        """A step failed and is tried again: `attempt` is the try that comes, `text` says why."""

    def delivery(self, event: Event) -> None:
        """A delivery ended; its `status` is delivered, failed, skipped or another that the run's result shows."""

    def failure(self, event: Event) -> None:
        """Something failed: a delivery (`step` names it), or what stopped the run, a call for each error."""

    def run_finished(self, event: Event) -> None:
        """The run ended, whatever way: `status` is succeeded, incomplete, failed or cancelled. Always the last call."""
