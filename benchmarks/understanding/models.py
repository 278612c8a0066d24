"""Everything that takes training: encoders and Rasa models, made once for given lessons and kept."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from benchmarks.understanding import encoders
from benchmarks.understanding.lessons import Lessons, dump_yaml
from benchmarks.understanding.rasa_models import (
    MODEL,
    STOCK_CONFIG,
    RasaModel,
    stock_environment,
    train_nlu,
    write_our_data,
    write_stock_data,
)
from benchmarks.understanding.store import NOTHING, Cost, Store, clocked, cost_of, read_cost, write_cost
from bot.settings import Settings
from bot.training import COMPONENTS, CONFIG, NLU_DATA, RUNNING, rasa_environment, train_for_start, train_tuned
from knowledge_base.encoder import Manifest
from knowledge_base.encoder_build import build_encoder, content_hash, encoder_kind

ENCODER = "encoder"


@dataclass(frozen=True)
class Trained:
    """A Rasa model and what making it took; for ours, also the encoder it was trained with and that one's cost."""

    model: RasaModel
    cost: Cost
    encoder: Path | None = None

    @property
    def key(self) -> str:
        """Two models with the same key answer the same."""
        return self.model.path.parent.name if self.model.path.name == MODEL else self.model.path.name


class Workshop:
    """Makes what is missing.

    Parameters
    ----------
    as_trained: take what can serve soonest, whose training time is then unknown, instead of training for the clock.
    epochs: of stock Rasa, where they shall not be those of its configuration.
    """

    def __init__(
        self, settings: Settings, store: Store, *, as_trained: bool = False, epochs: int | None = None
    ) -> None:
        self.settings = settings
        self._store = store
        self._as_trained = as_trained
        self._epochs = epochs

    def stock(self, lessons: Lessons) -> Trained:
        config = self._stock_config()

        def make(folder: Path) -> None:
            write_stock_data(lessons, folder / "data")
            self._train(config, folder, stock_environment())

        folder = self._store.made("stock", [config.read_text("utf-8"), lessons.key], make)
        return Trained(RasaModel(folder / MODEL, stock_environment()), cost_of(folder))

    @cached_property
    def serving(self) -> Trained:
        """What serves customers: everything that trainers wrote, trained as ``bot train`` does it."""
        say = self._store.say
        if self._as_trained:
            there = train_for_start(self.settings, say)
            return Trained(RasaModel(there.model, _our_environment(there.encoder)), NOTHING, there.encoder)
        with clocked() as costs:
            made = train_tuned(self.settings.model_copy(update={"cache_dir": self._store.folder / "service"}), say)
        record = made.model.parent / f"{made.model.name}.cost.json"
        if not record.exists():
            write_cost(record, costs[0])
        return Trained(RasaModel(made.model, _our_environment(made.encoder)), read_cost(record), made.encoder)

    def ours(self, lessons: Lessons) -> Trained:
        """The same components, options and tuning as what serves, taught other lessons."""
        encoder = self.tuned_encoder(lessons)
        trained = self.ours_on(lessons, encoder)
        return Trained(trained.model, trained.cost + cost_of(encoder.parent), encoder)

    def ours_on(self, lessons: Lessons, encoder: Path) -> Trained:
        """The same with an encoder as it is; the cost is that of the Rasa model alone."""

        def make(folder: Path) -> None:
            write_our_data(lessons, folder / "data")
            self._train(CONFIG, folder, _our_environment(encoder))

        words = [_our_code(), Manifest.read(encoder).key, lessons.key]
        folder = self._store.made("ours", words, make)
        return Trained(RasaModel(folder / MODEL, _our_environment(encoder)), cost_of(folder), encoder)

    def tuned_encoder(self, lessons: Lessons) -> Path:
        """Built as the one that serves, on other sentences; a build that was interrupted goes on."""
        model, say = self.settings.encoder_model, self._store.say
        unfinished = self._store.folder / "unfinished" / lessons.key

        def make(folder: Path) -> None:
            if lessons.entries:
                folders = lessons.write(unfinished / "data")
                build_encoder(unfinished / ENCODER, model=model, report=say, folders=folders)
            else:
                encoders.write_tuned(unfinished / ENCODER, model, lessons.intents, say)
            shutil.move(unfinished / ENCODER, folder / ENCODER)
            shutil.rmtree(unfinished)

        return self._store.made("encoder", [encoder_kind(model), lessons.key], make) / ENCODER

    def untuned_encoder(self, prefixes: dict[str, str]) -> Path:
        model = self.settings.encoder_model

        def make(folder: Path) -> None:
            encoders.write_untuned(folder / ENCODER, model, prefixes)

        return self._store.made("untuned-encoder", [encoder_kind(model), *prefixes.values()], make) / ENCODER

    def _train(self, config: Path, folder: Path, environment: Mapping[str, str]) -> None:
        python, say = self.settings.rasa_python, self._store.say
        train_nlu(python, config, folder / "data", folder, environment, say)

    def _stock_config(self) -> Path:
        if self._epochs is None:
            return STOCK_CONFIG
        content = yaml.safe_load(STOCK_CONFIG.read_text("utf-8"))
        for component in content["pipeline"]:
            if "epochs" in component:
                component["epochs"] = self._epochs
        path = self._store.folder / f"stock-config-{self._epochs}.yml"
        dump_yaml(path, content)
        return path


def _our_environment(encoder: Path) -> dict[str, str]:
    """As the service sets it."""
    return rasa_environment(encoder) | {"OMP_NUM_THREADS": "1"}


def _our_code() -> str:
    components = sorted(path for path in COMPONENTS.rglob("*.py") if path.name not in RUNNING)
    lexicon = sorted(path for path in (NLU_DATA / "lexicon").rglob("*") if path.is_file())
    return content_hash([CONFIG, *components, *lexicon])
