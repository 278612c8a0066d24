"""A body that a route accepts in form, from the description of the API: enough to get past the reading of it."""

from typing import Any

from fastapi import FastAPI

from tests.desk.security.application import Address
from tests.evidence.builders import make_picture

_FORMATS = {"uuid": "00000000-0000-4000-8000-000000000000", "date-time": "2026-03-04T00:00:00Z", "date": "2026-03-04"}
_JSON, _MULTIPART = "application/json", "multipart/form-data"


class Examples:
    """What to send where, read from ``/openapi.json``."""

    def __init__(self, app: FastAPI) -> None:
        described = app.openapi()
        self._paths: dict[str, Any] = described["paths"]
        self._schemas: dict[str, Any] = described.get("components", {}).get("schemas", {})

    def of(self, address: Address, given: dict[str, Any] | None = None) -> dict[str, Any]:
        """Arguments for `httpx.AsyncClient.request`; ``given`` fields instead of those made up here."""
        described = self._paths.get(address.path, {}).get(address.method.lower(), {})
        needed = [one for one in described.get("parameters", ()) if one["in"] == "query" and one.get("required")]
        params = {one["name"]: self._example(one["schema"]) for one in needed}
        asked: dict[str, Any] = {"params": params} if params else {}
        content = described.get("requestBody", {}).get("content", {})
        if _JSON in content:
            body = self._example(content[_JSON]["schema"])
            asked["json"] = body | given if given is not None and isinstance(body, dict) else given or body
        elif _MULTIPART in content:
            asked["files"] = self._files(self._resolved(content[_MULTIPART]["schema"]), given or {})
        elif address.changes and not address.path.startswith("/api/"):
            asked["data"] = given or {}
        return asked

    def _files(self, schema: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        """Parts of a form: a picture for each file."""
        parts: dict[str, Any] = {name: ("given.yml", str(value).encode()) for name, value in given.items()}
        for name in schema.get("required", ()):
            field = self._resolved(schema["properties"][name])
            is_file = field.get("format") == "binary" or "contentMediaType" in field
            picture = ("picture.jpg", make_picture(), "image/jpeg")
            parts.setdefault(name, picture if is_file else (None, str(self._example(field))))
        return parts

    def _example(self, schema: dict[str, Any]) -> Any:
        schema = self._resolved(schema)
        if "default" in schema and schema["default"] is not None:
            return schema["default"]
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema or "oneOf" in schema:
            return self._example(schema.get("anyOf", schema.get("oneOf"))[0])
        kind = schema.get("type")
        if kind == "object":
            fields = schema.get("properties", {})
            return {name: self._example(fields[name]) for name in schema.get("required", ())}
        if kind == "array":
            return [self._example(schema["items"])] * schema.get("minItems", 0)
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        if kind == "boolean":
            return True
        return _FORMATS.get(schema.get("format", ""), "x" * max(schema.get("minLength", 1), 1))

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._schemas.get(schema["$ref"].rsplit("/", 1)[1], {"type": "object"})
        return schema
