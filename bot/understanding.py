"""What understands customers at the moment, as the supervisor tells the platform: one small file in the data folder."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

_NAME = "understanding.json"


class Understanding(BaseModel):
    """An encoder, the Rasa model that was trained on it, and the port where Rasa serves that model."""

    model_config = ConfigDict(frozen=True)

    encoder: Path
    model: Path
    rasa_port: int

    @property
    def model_key(self) -> str:
        return self.model.name.removesuffix(".tar.gz")


def announce(data_dir: Path, understanding: Understanding) -> None:
    """From now on this serves; whoever reads meets the old file or the new one."""
    path = data_dir / _NAME
    fresh = path.with_suffix(".new")
    fresh.write_text(understanding.model_dump_json(), encoding="utf-8")
    fresh.replace(path)


def announced(data_dir: Path) -> Understanding | None:
    """What serves, None when no supervisor ever said."""
    try:
        return Understanding.model_validate_json((data_dir / _NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def unannounce(data_dir: Path) -> None:
    """Nothing serves any more."""
    (data_dir / _NAME).unlink(missing_ok=True)
