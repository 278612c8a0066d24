"""Rasa models, ours and the stock one: trained on given lessons, asked in Rasa's own interpreter."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from benchmarks.understanding.lessons import Lessons, dump_yaml, nlu_content
from benchmarks.understanding.store import Say
from bot.errors import SetupError
from bot.settings import PROJECT
from bot.training import FAQ_INTENT, rasa_environment
from knowledge_base.building.sentences import Sentence

MODEL = "model.tar.gz"
STOCK_CONFIG = PROJECT / "benchmarks" / "stock_config.yml"

_EPOCHS = re.compile(r"Epochs:\s+\d+%.*?(\d+)/(\d+)")


class Ranked(BaseModel):
    name: str
    confidence: float


class Answer(BaseModel):
    """What a model made of one sentence: intents and topics, likeliest first.

    ``intent`` is what it decided, which may be the fallback; ``topics`` is empty where it knows none.
    """

    intent: str
    intents: list[Ranked]
    topics: list[Ranked] = []


@dataclass(frozen=True)
class RasaModel:
    """A packed model and the environment of the process that loads it."""

    path: Path
    environment: Mapping[str, str]


def stock_environment() -> dict[str, str]:
    """Stock Rasa has no encoder; everything else is as for ours."""
    return rasa_environment(Path("/nonexistent")) | {"PYTHONWARNINGS": "ignore", "CUDA_VISIBLE_DEVICES": "-1"}


def train_nlu(python: Path, config: Path, data: Path, out: Path, environment: Mapping[str, str], say: Say) -> None:
    """Write ``out/model.tar.gz``; SetupError with Rasa's last words where it fails."""
    domain = ["--domain", str(data / "domain.yml")] if (data / "domain.yml").exists() else []
    command = [
        *(str(python), "-m", "rasa", "train", "nlu", "--nlu", str(data / "nlu.yml"), *domain),
        *("--config", str(config), "--out", str(out), "--fixed-model-name", MODEL),
    ]
    log = out / "train.log"
    with tempfile.TemporaryDirectory() as cache, log.open("w", encoding="utf-8", buffering=1) as file:
        own = {**environment, "RASA_CACHE_DIRECTORY": cache, "COLUMNS": "100"}
        process = subprocess.Popen(command, env=own, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert process.stdout is not None
        try:
            heard = _Progress(say)
            while chunk := os.read(process.stdout.fileno(), 4096):
                text = chunk.decode(errors="replace")
                file.write(text)
                heard(text)
        except BaseException:
            process.terminate()
            raise
    if process.wait() != 0:
        raise SetupError("training failed:\n" + log.read_text(encoding="utf-8")[-3000:])


class _Progress:
    """One line for every tenth epoch, out of a progress bar that is redrawn all the time."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._said: tuple[int, int] | None = None

    def __call__(self, text: str) -> None:
        for done, of in _EPOCHS.findall(text):
            at = (int(done), int(of))
            if at[0] % 10 == 0 and at[0] and at != self._said:
                self._said = at
                self._say(f"    epoch {at[0]} of {at[1]}")


def write_stock_data(lessons: Lessons, folder: Path) -> None:
    """Each topic is an intent ``faq/<topic>`` with a response, as Rasa's ResponseSelector wants it."""
    topics = [Sentence(s.text, f"{FAQ_INTENT}/{s.label}") for s in lessons.topics]
    dump_yaml(folder / "nlu.yml", nlu_content([*lessons.intents, *topics]))
    if lessons.entries:
        responses = {f"utter_{FAQ_INTENT}/{entry.id}": [{"text": entry.question}] for entry in lessons.entries}
        intents = sorted({s.label for s in lessons.intents} | {FAQ_INTENT})
        dump_yaml(folder / "domain.yml", {"version": "3.1", "intents": intents, "responses": responses})


def write_our_data(lessons: Lessons, folder: Path) -> None:
    """Intents alone: topics are the retriever's."""
    dump_yaml(folder / "nlu.yml", nlu_content(lessons.intents_with_borrowed))


def ask(python: Path, model: RasaModel, texts: Sequence[str]) -> list[Answer]:
    """The model's answer to each sentence."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    finished = subprocess.run(
        [str(python), "-m", "bot.dialogue.components.parse_lines", str(model.path)],
        input=lines,
        env=dict(model.environment),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    answers = finished.stdout.splitlines()
    if finished.returncode != 0 or len(answers) != len(texts):
        raise SetupError("the model could not be asked:\n" + finished.stderr[-2000:])
    return [_answer(json.loads(answer)) for answer in answers]


class _Selected(BaseModel):
    """One place in the ranking of Rasa's ResponseSelector."""

    intent_response_key: str
    confidence: float

    def ranked(self) -> Ranked:
        return Ranked(name=self.intent_response_key.partition("/")[2], confidence=self.confidence)


def _answer(said: dict[str, dict[str, dict[str, list[object]]]]) -> Answer:
    intents = [Ranked.model_validate(item) for item in said.get("intent_ranking", [])]
    selected = said.get("response_selector", {}).get(FAQ_INTENT, {}).get("ranking", [])
    topics = [_Selected.model_validate(item).ranked() for item in selected]
    return Answer(intent=str(said["intent"]["name"]), intents=intents, topics=topics)
