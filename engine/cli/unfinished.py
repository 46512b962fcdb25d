"""What is said of a run that did not come to its end: what it had delivered, and how to go on with it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.cli.console import say
from engine.cli.findings import as_json, count_of, print_findings
from ir.diagnostics import WorkflowError


def print_stopped(error: WorkflowError, *, output_format: str, log_format: str = "text") -> None:
    """Why a run was stopped before it could deliver, and how to go on with it once that is mended.

    Where stderr has JSON lines, they have told it.
    """
    delivered = _delivered_by(error.run_id)
    if output_format == "json":
        from engine.cli.console import print_json

        about = {} if error.run_id is None else {"run_id": error.run_id, "delivered": delivered}
        print_json({"status": "failed", **about, "diagnostics": as_json(error.diagnostics)})
        return
    if log_format == "json":
        return
    print_findings(error.diagnostics)
    before = f"delivered before: {', '.join(delivered)}" if delivered else "nothing was delivered"
    say(f"{count_of(error.diagnostics)}; {before}")
    if error.run_id is not None:
        say(how_to_go_on(error.run_id))


def how_to_go_on(run_id: str) -> str:
    """The command that goes on with the run."""
    return f"to go on with what is left: weirflow resume {run_id}"


def _delivered_by(run_id: str | None) -> Sequence[str]:
    """The deliveries that earlier attempts at the run have made."""
    if run_id is None:
        return []
    from engine.runs import find

    try:
        return [each.id for each in find(run_id).deliveries if each.status == "delivered"]
    except WorkflowError:  # the journal that cannot be read may be what stopped it
        return []
