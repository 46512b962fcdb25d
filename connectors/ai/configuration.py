"""`[ai]` of config.toml: which service is asked, by which models, and within which limits.

A workflow says only which kind of model it wants; which one that is, what it costs and who pays is said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, cast, get_args
from urllib.parse import urlsplit

from connectors.ai.answering import Preference
from connectors.configuration import FILE, section, variable
from connectors.home import home
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.secrets.resolving import resolve_configured
from connectors.secrets.secret import Secret
from ir.records import dataclass

Form = Literal["auto", "json_schema", "json_object", "tool", "text"]
"""How a service is told to keep to a schema."""
Provider = Literal["service", "local"]
CacheUse = Literal["on", "off", "refresh"]
_PREFERENCES: tuple[Preference, ...] = ("balanced", "fast", "accurate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model by its name at the service, with its prices for a million tokens where they are known."""

    name: str
    price_in: Decimal | None = None
    price_out: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent. None: anything."""

    max_cost: Decimal | None = None
    max_calls: int | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AiSettings:
    """All that `[ai]` says; without a `base_url` there is no service."""

    provider: Provider | None = None
    base_url: str | None = None
    models: Mapping[Preference, Model] = field(default_factory=dict)
    form: Form = "auto"
    max_concurrent: int = 32
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    timeout_s: float = 120.0
    max_input_tokens: int = 100_000
    answer_limit_key: str = "max_tokens"
    cache: CacheUse = "on"
    cache_days: int = 90
    budget: Budget = Budget()
    day: Budget = Budget()
    """What all runs together may spend in a day."""
    api_key_header: str | None = None
    api_key_ref: str | None = None
    own_key: str | None = field(default=None, repr=False)

    @property
    def is_service(self) -> bool:
        return self.base_url is not None and self.provider != "local"

    def model(self, preference: Preference) -> Model:
        """The model of a kind, else the nearest that is named."""
        return self.models[preference] if preference in self.models else next(iter(self.models.values()))

    def key_headers(self, policy: Policy) -> dict[str, str]:
        """The headers by which the service knows who asks; none where no key is configured.

        Raises:
            ConnectorProblem: IR504 or IR59x for a key that cannot be had, IR761 for one that is none.
        """
        if self.own_key is not None:
            policy.check_secret("name", "ai")
            key = Secret(f"[ai] of {home() / FILE}", self.own_key).text
        elif self.api_key_ref is not None:
            key = resolve_configured(self.api_key_ref, "ai", policy=policy, base=home()).text
        else:
            return {}
        key = key.strip()
        if any(each <= " " or each > "~" for each in key):
            raise _wrong("api_key", "holds characters that no key has")
        assert self.base_url is not None
        parts = urlsplit(self.base_url)
        if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            raise _wrong("base_url", "would send the key unencrypted", "write https://")
        return {self.api_key_header: key} if self.api_key_header else {"Authorization": f"Bearer {key}"}


def ai_settings() -> AiSettings:
    """What the environment and config.toml say.

    Raises:
        ConnectorProblem: IR687 for a config.toml that is none, IR761 for a value that makes no sense.
    """
    given = section("ai")
    base_url = _text(given, "base_url")
    if base_url is not None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise _wrong("base_url", "is no address such as https://api.example.com/v1")
    settings = AiSettings(
        provider=cast("Provider | None", _word(given, "provider", get_args(Provider))),
        base_url=base_url, models=_models(given),
        form=cast("Form", _word(given, "structured_output", get_args(Form)) or "auto"),
        max_concurrent=_whole(given, "max_concurrent", least=1) or 32,
        requests_per_minute=_whole(given, "requests_per_minute", least=1),
        tokens_per_minute=_whole(given, "tokens_per_minute", least=1),
        timeout_s=float(_number(given, "timeout_s") or 120), cache=_cache(given),
        max_input_tokens=_whole(given, "max_input_tokens", least=1000) or 100_000,
        answer_limit_key=_word(given, "answer_limit_key", ("max_tokens", "max_completion_tokens")) or "max_tokens",
        cache_days=_days(given), api_key_header=_text(given, "api_key_header"),
        api_key_ref=_text(given, "api_key_ref"), own_key=_text(given, "api_key"),
        budget=Budget(max_cost=_number(given, "max_cost"), max_calls=_whole(given, "max_calls"),
                      max_tokens=_whole(given, "max_tokens")),
        day=Budget(max_cost=_number(given, "max_cost_per_day"), max_tokens=_whole(given, "max_tokens_per_day")),
    )  # fmt: skip
    if settings.base_url is not None and not settings.models:
        raise _wrong("base_url", "has no model beside it", 'write model = "the name it has at the service"')
    if settings.provider == "service" and settings.base_url is None:
        raise _wrong("provider", "is service, and no base_url says where it is")
    return settings


def _models(given: Mapping[str, Any]) -> dict[Preference, Model]:
    prices = _number(given, "price_in"), _number(given, "price_out")
    found: dict[Preference, Model] = {}
    for each in _PREFERENCES:
        written = given.get(each, given.get("model"))
        if isinstance(written, Mapping):
            unknown = written.keys() - {"model", "price_in", "price_out"}
            name = _text(written, "model")
            if unknown or name is None:
                raise _wrong(each, f'has the unknown key "{min(unknown)}"' if unknown else "names no model",
                             'write {model = "name", price_in = 0.15, price_out = 0.6}')  # fmt: skip
            found[each] = Model(name=name, price_in=_number(written, "price_in"),
                                price_out=_number(written, "price_out"))  # fmt: skip
        elif written is not None:
            found[each] = Model(name=str(written), price_in=prices[0], price_out=prices[1])
    return found


def _cache(given: Mapping[str, Any]) -> CacheUse:
    written = given.get("cache")
    said = {"none": "on", "true": "on", "false": "off"}.get(str(written).lower(), str(written).lower())
    if said not in get_args(CacheUse):
        raise _wrong("cache", "is none of on, off, refresh")
    return cast("CacheUse", said)


def _days(given: Mapping[str, Any]) -> int:
    found = _whole(given, "cache_days")
    return 90 if found is None else found


def _text(given: Mapping[str, Any], key: str) -> str | None:
    value = given.get(key)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise _wrong(key, "is no text")
    return None if value is None else str(value).strip()


def _word(given: Mapping[str, Any], key: str, words: tuple[str, ...]) -> str | None:
    value = _text(given, key)
    if value is not None and value not in words:
        raise _wrong(key, f"is none of {', '.join(words)}")
    return value


def _number(given: Mapping[str, Any], key: str) -> Decimal | None:
    value = given.get(key)
    if value is None:
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal(-1)
    if isinstance(value, bool) or not found.is_finite() or found < 0:
        raise _wrong(key, "is no number")
    return found


def _whole(given: Mapping[str, Any], key: str, *, least: int = 0) -> int | None:
    found = _number(given, key)
    if found is not None and (found != int(found) or found < least):
        raise _wrong(key, f"is no whole number from {least} on")
    return None if found is None else int(found)


def _wrong(key: str, message: str, hint: str | None = None) -> ConnectorProblem:
    return ConnectorProblem("IR761", f"{key} of [ai] in {home() / FILE} {message}",
                            hint=hint or f"or set {variable('ai', key)}")  # fmt: skip
