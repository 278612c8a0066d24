"""Secrets nobody configured are made at first start and kept, readable by the owner only, in the data folder."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.settings import Settings


@dataclass(frozen=True)
class Secrets:
    """What signs tokens and opens doors.  Never logged."""

    secret_key: str
    rasa_token: str
    admin_password: str
    api_token: str


def load_secrets(settings: Settings) -> Secrets:
    """The configured secrets, the rest from the data folder, made when missing."""
    path = settings.data_dir / "secrets.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    made = {
        "secret_key": secrets.token_urlsafe(48),
        "rasa_token": secrets.token_urlsafe(32),
        "admin_password": secrets.token_urlsafe(9),
        "api_token": secrets.token_urlsafe(32),
    }
    complete = made | kept
    if complete != kept:
        _write_private(path, json.dumps(complete, indent=1))
    configured = {name: value.get_secret_value() for name in made if (value := getattr(settings, name)) is not None}
    return Secrets(**(complete | configured))


def as_environment(known: Secrets) -> dict[str, str]:
    """The same secrets for a child process."""
    return {f"BOT_{name.upper()}": value for name, value in asdict(known).items()}


def _write_private(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    fresh.replace(path)
