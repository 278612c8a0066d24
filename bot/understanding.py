"""What understands customers at the moment, as the supervisor tells the platform: one small file in the data folder."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.settings import PROJECT

_NAME = "understanding.json"
FILES = "files"
"""The release of what serves where nobody named it: what stands in the files."""


class Understanding(BaseModel):
    """An encoder, the Rasa model that was trained on it, and the port where Rasa serves that model.

    ``release`` is its name, ``content`` the folder with the files that it was made from.
    """

    model_config = ConfigDict(frozen=True)

    encoder: Path
    model: Path
    rasa_port: int
    release: str = FILES
    content: Path = PROJECT

    @property
    def model_key(self) -> str:
        return self.model.name.removesuffix(".tar.gz")


class Lineup(BaseModel):
    """All that serve side by side, each for the conversations of its release; ``stable`` is for all others.

    Raises `ValueError` where the stable one is not among them.
    """

    model_config = ConfigDict(frozen=True)

    stable: str
    arms: tuple[Understanding, ...]

    def model_post_init(self, _: object) -> None:
        if self.of(self.stable) is None:
            raise ValueError(f"{self.stable} is stable and does not serve")

    @classmethod
    def alone(cls, understanding: Understanding) -> "Lineup":
        return cls(stable=understanding.release, arms=(understanding,))

    @property
    def serving(self) -> Understanding:
        """The stable one."""
        return next(arm for arm in self.arms if arm.release == self.stable)

    @property
    def key(self) -> str:
        """Another one for another set: by this a process says what it has taken over."""
        arms = (f"{arm.release}@{arm.model_key}:{arm.rasa_port}" for arm in self.arms)
        return f"{self.stable} of {' '.join(sorted(arms))}"

    def of(self, release: str) -> Understanding | None:
        return next((arm for arm in self.arms if arm.release == release), None)

    def with_arm(self, arm: Understanding) -> "Lineup":
        """Another one besides, or in the place of the one of that release."""
        others = tuple(other for other in self.arms if other.release != arm.release)
        return Lineup(stable=self.stable, arms=(*others, arm))

    def without(self, release: str) -> "Lineup":
        return Lineup(stable=self.stable, arms=tuple(arm for arm in self.arms if arm.release != release))

    def led_by(self, release: str) -> "Lineup":
        return Lineup(stable=release, arms=self.arms)


def announce(data_dir: Path, lineup: Lineup) -> None:
    """From now on this serves; whoever reads meets the old file or the new one."""
    path = data_dir / _NAME
    fresh = path.with_suffix(".new")
    fresh.write_text(lineup.model_dump_json(), encoding="utf-8")
    fresh.replace(path)


def announced(data_dir: Path) -> Lineup | None:
    """What serves, None when no supervisor ever said."""
    try:
        return Lineup.model_validate_json((data_dir / _NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return None


def unannounce(data_dir: Path) -> None:
    """Nothing serves any more."""
    (data_dir / _NAME).unlink(missing_ok=True)
