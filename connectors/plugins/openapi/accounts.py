"""Where an API is and how requests say who asks, from the servers and security schemes of a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from connectors.plugins.openapi.document import OpenApi, Operation, first_sentence
from connectors.plugins.openapi.schemas import described

_NO_ONE: dict[str, Any] = {"type": "object", "properties": {}}
_GRANTS = {"clientCredentials": "client_credentials", "authorizationCode": "refresh_token",
           "password": "refresh_token", "implicit": "refresh_token"}  # fmt: skip


def base_of(document: OpenApi, connection: dict[str, Any], notes: list[str]) -> str:
    """The base_url. Variables of a server become parts of the connection."""
    servers = [each for each in document.root.get("servers", []) if isinstance(each, Mapping) and each.get("url")]
    server = next((each for each in servers if str(each["url"]).startswith("https://")), servers[0] if servers else {})
    url = str(server.get("url", "")).rstrip("/")
    if len(servers) > 1:
        notes.append("the document names several servers: see base_url")
    if url.startswith("http://"):
        url = f"https://{url.removeprefix('http://')}"
        notes.append("the document names an unencrypted server: base_url says https")
    if not url.startswith("https://"):
        notes.append("the document names no server: base_url has to be written")
        return urljoin("https://api.example.com/", url).rstrip("/")
    variables = server.get("variables", {})

    def put(found: re.Match[str]) -> str:
        name = re.sub(r"\W+", "_", found[1])
        variable = variables.get(found[1], {}) if isinstance(variables, Mapping) else {}
        schema: dict[str, Any] = {"type": "string"}
        said = first_sentence(variable.get("description"))
        schema |= {"description": said} if said else {}
        schema |= {key: variable[key] for key in ("enum",) if key in variable}
        connection["properties"][name] = described(name, schema)
        connection.setdefault("required", []).append(name)
        return f"{{{{connection.{name}}}}}"

    return re.sub(r"\{([^{}]+)\}", put, url)


def auth_of(document: OpenApi, operations: list[Operation], notes: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """auth and connection: the first way of the operations that a manifest has words for."""
    schemes = document.root.get("components", {}).get("securitySchemes", {})
    asked = [way for each in operations for way in each.value.get("security", document.root.get("security", []))]
    for way in asked:
        if not isinstance(way, Mapping):
            continue
        named = [(document.followed(schemes.get(name)), scopes) for name, scopes in way.items()]
        made = _way([(scheme, scopes) for scheme, scopes in named if isinstance(scheme, Mapping)])
        if way and made is not None:
            return made
    if any(asked):
        notes.append("the document asks for credentials of a kind that has to be written by hand: see auth")
    elif not asked:
        notes.append("the document does not say how requests are signed: see auth")
    return {"type": "none"}, {**_NO_ONE, "properties": {}}


def _way(schemes: list[tuple[Mapping[str, Any], Any]]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    if not schemes:
        return None
    kinds = [str(scheme.get("type", "")).lower() for scheme, _ in schemes]
    if all(each == "apikey" for each in kinds):
        return _keys([scheme for scheme, _ in schemes])
    if len(schemes) > 1:
        return None
    scheme, scopes = schemes[0]
    match kinds[0], str(scheme.get("scheme", "")).lower():
        case "http", "bearer":
            return {"type": "bearer", "token": "{{connection.token}}"}, _secrets({"token": _said(scheme, "A token.")})
        case "http", "basic":
            auth = {"type": "basic", "user": "{{connection.user}}", "password": "{{connection.password}}"}
            parts = _secrets({"password": "The password."})
            parts["properties"] = {"user": {"type": "string", "description": "The user."}, **parts["properties"]}
            parts["required"] = ["user", "password"]
            return auth, parts
        case "oauth2", _:
            return _oauth2(scheme, scopes)
    return None


def _keys(schemes: list[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    keys: list[dict[str, Any]] = []
    parts: dict[str, str] = {}
    for scheme in schemes:
        place, name = scheme.get("in"), str(scheme.get("name"))
        if place not in {"header", "query"}:
            return None
        part = "api_key" if len(schemes) == 1 else re.sub(r"\W+", "_", name).strip("_").lower()
        parts[part] = _said(scheme, f"What goes into {name}.")
        keys.append({"in": place, "name": name, "value": f"{{{{connection.{part}}}}}"})
    return {"type": "api_key", "keys": keys}, _secrets(parts)


def _oauth2(scheme: Mapping[str, Any], scopes: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    flows = scheme.get("flows", {})
    name = next((each for each in _GRANTS if isinstance(flows.get(each), Mapping)), None)
    if name is None:
        return None
    token_url, grant = flows[name].get("tokenUrl"), _GRANTS[name]
    if not isinstance(token_url, str) or not token_url.startswith("https://"):
        return {"type": "bearer", "token": "{{connection.token}}"}, _secrets({"token": "An access token."})
    auth: dict[str, Any] = {"type": "oauth2", "token_url": token_url, "grant": grant}
    if isinstance(scopes, list) and scopes:
        auth["scopes"] = list(scopes)
    secrets = {"client_secret": "The app's secret."}
    secrets |= {"refresh_token": "What new access tokens are asked for with."} if grant == "refresh_token" else {}
    parts = _secrets(secrets)
    parts["properties"] = {"client_id": {"type": "string", "description": "The app's id."}, **parts["properties"]}
    del parts["required"]  # an access token that somebody fetched will do
    return auth, parts


def _secrets(parts: Mapping[str, str]) -> dict[str, Any]:
    return {"type": "object", "required": list(parts), "properties": {
        name: {"type": "string", "writeOnly": True, "description": said} for name, said in parts.items()
    }}  # fmt: skip


def _said(scheme: Mapping[str, Any], otherwise: str) -> str:
    return first_sentence(scheme.get("description")) or otherwise
