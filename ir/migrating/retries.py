"""What the original says about failures of a step: error_handler of a graph, retryPolicy and its like of a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ir.dialects.declarative import failure_named
from ir.migrating.shapes import listing

Settings = dict[str, Any]


def constraints_of(handler: Any) -> tuple[Settings, list[str]]:
    """The settings of the new step, and what is open about them."""
    if not isinstance(handler, Mapping):
        return {}, []
    found: Settings = {}
    open_: list[str] = []
    strategy = handler.get("strategy")
    if strategy == "continue":
        found["on_error"] = "continue"
    if strategy == "retry" or handler.get("retry_config"):
        retry = handler.get("retry_config")
        retry = retry if isinstance(retry, Mapping) else {}
        found["execution_constraints"] = {
            "retry": _retry(retry.get("max_attempts"), retry.get("backoff"), retry.get("initial_delay_ms"))
        }
    if strategy == "fallback":
        open_.append(
            f"a failure leads to another node here ({handler.get('fallback_node') or 'none is named'}), and "
            "not to one in a workflow; is another source or destination meant where this one fails?"
        )
    if handler.get("notify"):
        open_.append(
            f"who is told of a failure ({handler['notify']})? write edge_cases: [{{condition: api_error, "
            "action: alert_admin, recipient: name@example.com}]"
        )
    return found, open_


def policy_of(step: Mapping[str, Any]) -> Settings:
    """The settings that retryPolicy and continueOnError of a compiled step become."""
    found: Settings = {}
    if step.get("continueOnError") is True:
        found["on_error"] = "continue"
    policy = step.get("retryPolicy")
    if isinstance(policy, Mapping):
        multiplier = policy.get("backoffMultiplier")
        backoff = "exponential" if isinstance(multiplier, int | float) and multiplier > 1 else "fixed"
        retries = policy.get("maxRetries")
        attempts = retries + 1 if isinstance(retries, int) else None
        retry = _retry(attempts, backoff, policy.get("backoffMs"))
        named = [failure_named(str(each)) for each in listing(policy.get("retryableErrors"))]
        if known := list(dict.fromkeys(each for each in named if each is not None)):
            retry["retry_on_errors"] = known
        found["execution_constraints"] = {"retry": retry}
    return found


def _retry(attempts: Any, backoff: Any, delay_ms: Any) -> Settings:
    whole = attempts if isinstance(attempts, int) and not isinstance(attempts, bool) else 3
    return {
        "max_attempts": min(max(whole, 1), 10),
        "backoff_strategy": backoff if backoff in ("fixed", "linear", "exponential") else "exponential",
        "initial_delay_ms": delay_ms if isinstance(delay_ms, int) and delay_ms >= 0 else 1000,
    }
