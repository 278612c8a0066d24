"""Train what understands customers: the encoder, then Rasa; whatever has not changed is taken from the cache."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.content import Content, current_content
from bot.errors import SetupError
from bot.keeping import QUICK, forget_old, mark_used, one_at_a_time
from bot.settings import PROJECT, Settings
from knowledge_base.building.sentences import Sentence, faq_sentences, intent_sentences
from knowledge_base.encoder_build import content_hash, encoder_key, encoder_kind
from knowledge_base.encoder_tuning import folders_of
from knowledge_base.faq_build import ensure_faq
from knowledge_base.mood_build import ensure_mood
from knowledge_base.quick_encoder import quick_encoder_key

Report = Callable[[str], None]

FAQ_INTENT = "faq"
FAQ_PER_TOPIC = 5
"""How many phrasings of each topic the intent ``faq`` borrows from the knowledge base."""

NLU_DATA = current_content().nlu
FAQ = current_content().faq
COMPONENTS = PROJECT / "bot" / "dialogue" / "components"
RUNNING = {"channel.py", "tracker_store.py", "action_results.py", "parse_lines.py", "second_intent.py", "warm_up.py"}
"""Components that serve a model and take no part in making it."""
CONFIG = PROJECT / "config.yml"

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""For the fitting, whose products are small: a second thread costs more than it gives.  Encoding uses all cores."""

_ENCODED = re.compile(r"Sentences encoded: (\d+ of \d+)")
_TRAINING_OF = re.compile(r"Starting to train component '(\w+)'")


class Trained(BaseModel):
    """A Rasa model and the encoder it was trained on: neither works with another.

    ``is_tuned``: the encoder was tuned on today's sentences.
    """

    model_config = ConfigDict(frozen=True)

    encoder: Path
    model: Path
    is_tuned: bool


def train(settings: Settings, report: Report, *, retune: bool = True) -> Path:
    """Build what is missing and return the packed Rasa model; says on ``report`` what it does and how long it took.

    ``retune`` builds the encoder anew when the sentences it was tuned on have changed; without it, one that was tuned
    on other sentences stays in use.
    """
    with one_at_a_time(settings.cache_dir, report):
        encoder = _encoder(settings, report, retune=retune)
        ensure_mood(encoder, settings.cache_dir / "mood", report, content_of(settings))
        model = _model(settings, encoder, report)
        forget_old(settings.cache_dir)
    return model


def train_tuned(settings: Settings, report: Report) -> Trained:
    """What ``bot train`` makes, and all that the platform needs to take it over at once."""
    model = train(settings, report)
    encoder = _encoder_path(settings)
    ensure_faq(encoder, settings.cache_dir, report, content_of(settings))
    return Trained(encoder=encoder, model=model, is_tuned=True)


def train_on(settings: Settings, encoder: Path, report: Report) -> Trained:
    """Everything but the encoder, which is given: what serves learns other content, in a minute instead of many."""
    with one_at_a_time(settings.cache_dir, report):
        report(f"encoder: {encoder.name} as it serves")
        model = _make_all(settings, encoder, report)
        forget_old(settings.cache_dir)
    return Trained(encoder=encoder, model=model, is_tuned=encoder == _encoder_path(settings))


def code_key(settings: Settings) -> str:
    """Names the code and the configuration that models are made by: another one cannot serve them."""
    return content_hash([CONFIG, *_component_files()], settings.encoder_model)


def train_for_start(settings: Settings, report: Report) -> Trained:
    """What can serve soonest: a model that is there, else one on the best encoder that is there, else on a quick one.

    What was tuned on today's sentences is better than what was tuned on older ones, and that than what was not tuned.
    """
    exact = _encoder_path(settings)
    there = [encoder for encoder in (exact, _newest_kin(exact), _quick_path(settings)) if encoder and encoder.exists()]
    ready = (encoder for encoder in there if _model_path(settings, encoder).exists())
    encoder = next(ready, None) or next(iter(there), None) or _quick_encoder(settings, report)
    report(f"encoder: {encoder.name} serves{'' if encoder == exact else ' until the one for these sentences is tuned'}")
    model = _make_all(settings, encoder, report)
    return Trained(encoder=encoder, model=model, is_tuned=encoder == exact)


def current_encoder(settings: Settings) -> Path:
    """Folder of the encoder tuned on today's sentences, else the newest of its kind; SetupError if there is none."""
    exact = _encoder_path(settings)
    folder = exact if exact.exists() else _newest_kin(exact)
    if folder is None:
        raise SetupError(f"the sentence encoder {exact.name} is not built yet: run 'bot train'")
    return folder


def current_model(settings: Settings) -> Path:
    """The packed Rasa model that fits today's data, configuration and components; SetupError if it is not trained."""
    model = _model_path(settings, current_encoder(settings))
    if not model.exists():
        raise SetupError(f"the Rasa model {_key_of(model)} is not trained yet: run 'bot train'")
    return model


def content_of(settings: Settings) -> Content:
    """What is learnt."""
    return Content(settings.content_dir)


def rasa_environment(encoder: Path) -> dict[str, str]:
    """Environment of every process of the Rasa interpreter: no telemetry, our package importable, one encoder."""
    return {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONPATH": str(PROJECT),
        "BOT_ENCODER_DIR": str(encoder),
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
    }


def intents_known(content: Content | None = None) -> set[str]:
    """Every intent that has training examples."""
    return {sentence.label for sentence in intent_sentences((content or current_content()).intents)}


def _encoder_path(settings: Settings) -> Path:
    """Kind first, then the sentences: encoders of one kind stand together."""
    model = settings.encoder_model
    key = encoder_key(model, folders_of(content_of(settings)))
    return settings.cache_dir / "encoders" / f"{encoder_kind(model)}-{key}"


def _newest_kin(exact: Path) -> Path | None:
    """The newest encoder made by the same code from the same model, on whatever sentences."""
    kin = exact.parent.glob(exact.name.partition("-")[0] + "-*")
    return max(kin, key=lambda folder: folder.stat().st_mtime, default=None)


def _quick_path(settings: Settings) -> Path:
    return settings.cache_dir / "encoders" / f"{QUICK}{quick_encoder_key(settings.encoder_model)}"


def _model_path(settings: Settings, encoder: Path) -> Path:
    content = content_of(settings)
    borrowed = "\n".join(sentence.text for sentence in borrowed_questions(content))
    key = content_hash([CONFIG, *_data_files(content), *_component_files()], encoder.name, borrowed)
    return settings.cache_dir / "models" / f"{key}.tar.gz"


def _key_of(model: Path) -> str:
    return model.name.removesuffix(".tar.gz")


def _data_files(content: Content) -> list[Path]:
    found = (path for path in content.nlu.rglob("*") if path.suffix in {".yml", ".txt"})
    return sorted(path for path in found if path.parent != content.mood)


def _component_files() -> list[Path]:
    return sorted(path for path in COMPONENTS.glob("*.py") if path.name not in RUNNING)


def _encoder(settings: Settings, report: Report, *, retune: bool) -> Path:
    folder = _encoder_path(settings)
    if folder.exists():
        mark_used(folder)
        report(f"encoder: {folder.name} is up to date")
        return folder
    if not retune and (kin := _newest_kin(folder)) is not None:
        report(f"encoder: {kin.name} stays in use although sentences have changed; 'bot train' tunes it anew")
        return kin
    return _build("knowledge_base.encoder_tuning", folder, settings, report)


def _quick_encoder(settings: Settings, report: Report) -> Path:
    return _build("knowledge_base.quick_encoder", _quick_path(settings), settings, report)


def _build(program: str, folder: Path, settings: Settings, report: Report) -> Path:
    began = time.monotonic()
    command = [sys.executable, "-m", program, str(folder), settings.encoder_model]
    environment = os.environ | content_of(settings).environment
    _run(command, environment, lambda line: report(line) if line.startswith("encoder: ") else None)
    report(f"encoder: {folder.name} built in {time.monotonic() - began:.0f} s")
    return folder


def _make_all(settings: Settings, encoder: Path, report: Report) -> Path:
    """All that is made with an encoder, side by side: one after the other they would leave cores idle."""
    mark_used(encoder)
    content = content_of(settings)
    with ThreadPoolExecutor() as pool:
        others = [
            pool.submit(ensure_faq, encoder, settings.cache_dir, report, content),
            pool.submit(ensure_mood, encoder, settings.cache_dir / "mood", report, content),
        ]
        model = _model(settings, encoder, report)
    for other in others:
        other.result()
    return model


def _model(settings: Settings, encoder: Path, report: Report) -> Path:
    model = _model_path(settings, encoder)
    if model.exists():
        mark_used(model)
        report(f"model: {_key_of(model)} is up to date")
        return model
    began = time.monotonic()
    report("model: training")
    _train_rasa(settings, encoder, model, report)
    report(f"model: {_key_of(model)} trained in {time.monotonic() - began:.0f} s")
    return model


def borrowed_questions(content: Content | None = None) -> list[Sentence]:
    """The same few phrasings of each topic every time: spread evenly over its list."""
    by_topic: dict[str, list[Sentence]] = {}
    for sentence in faq_sentences((content or current_content()).faq):
        by_topic.setdefault(sentence.label, []).append(sentence)
    return [sentence for sentences in by_topic.values() for sentence in _spread(sentences, FAQ_PER_TOPIC)]


def _spread(sentences: list[Sentence], count: int) -> list[Sentence]:
    step = max(1, len(sentences) // count)
    return sentences[::step][:count]


def _train_rasa(settings: Settings, encoder: Path, model: Path, report: Report) -> None:
    model.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=model.parent) as scratch:
        folder = Path(scratch)
        content = content_of(settings)
        command = _command(settings, _merged_data(folder / "data", content), folder)
        environment = rasa_environment(encoder) | {
            "RASA_CACHE_DIRECTORY": str(_cache(settings, encoder)),
            "BOT_VECTORS_DIR": str(settings.cache_dir / "vectors"),
            **_ONE_THREAD,
        }
        # The configuration names the lexicon within the content.
        _run(command, environment, lambda line: _progress(line, report), cwd=content.root)
        (folder / "model.tar.gz").rename(model)


def _cache(settings: Settings, encoder: Path) -> Path:
    """Rasa keeps here what it need not make again, e.g. all of understanding when only a response has changed.

    Rasa looks at the code of a component's class only, so other components or another encoder start an empty cache.
    """
    return settings.cache_dir / "rasa" / content_hash(_component_files(), encoder.name)


def _command(settings: Settings, data: Path, out: Path) -> list[str]:
    """Rules and forms come with the domain; without one there is only understanding to train."""
    domain = content_of(settings).domain
    what = ["train", "--data", str(data), "--domain", str(domain)]
    if not domain.exists():
        what = ["train", "nlu", "--nlu", str(data)]
    return [
        *(str(settings.rasa_python), "-m", "rasa", *what, "--config", str(CONFIG)),
        *("--out", str(out), "--fixed-model-name", "model.tar.gz"),
    ]


def _merged_data(folder: Path, content: Content) -> Path:
    """What trainers wrote, and the questions that the intent ``faq`` borrows."""
    shutil.copytree(content.nlu, folder, ignore=shutil.ignore_patterns("lexicon", "domain", content.mood.name))
    written = {
        line.strip()[2:] for path in folder.glob("intents/*.yml") for line in path.read_text("utf-8").splitlines()
    }
    examples = "".join(f"- {s.text}\n" for s in borrowed_questions(content) if s.text not in written)
    borrowed = {"version": "3.1", "nlu": [{"intent": FAQ_INTENT, "examples": examples}]}
    text = yaml.safe_dump(borrowed, allow_unicode=True, sort_keys=False)
    (folder / "borrowed_questions.yml").write_text(text, encoding="utf-8")
    return folder


def _progress(line: str, report: Report) -> None:
    if component := _TRAINING_OF.search(line):
        report(f"model: training {component.group(1)}")
    if encoded := _ENCODED.match(line):
        report(f"model: {encoded.group(1)} sentences encoded")


def _run(command: list[str], environment: dict[str, str], hear: Report, *, cwd: Path = PROJECT) -> None:
    """Run to the end, passing on each line; a failure raises SetupError with the last lines that were said."""
    said: deque[str] = deque(maxlen=30)
    with subprocess.Popen(  # noqa: S603 - our own interpreters and arguments
        command, env=environment, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            for line in process.stdout:
                said.append(line.rstrip())
                hear(line.rstrip())
        except BaseException:
            process.terminate()  # we are being stopped: nothing may go on alone
            raise
    if process.returncode != 0:
        raise SetupError("training failed:\n" + "\n".join(said))
