"""Training in a process group of its own: stopped as a whole, and as polite to everything else as asked.

Run as a program (``python -m bot.trainer start``, ``tuned`` or ``release``) it trains, tells its progress on standard
error, and prints what it trained on standard output.  ``release`` takes the encoder in ``BOT_RELEASE_ENCODER``.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from bot.errors import BotError, SetupError
from bot.settings import PROJECT, Settings, get_settings
from bot.training import Trained, train_for_start, train_on, train_tuned

Report = Callable[[str], None]

ENCODER = "BOT_RELEASE_ENCODER"
_PR_SET_PDEATHSIG = 1
_NICE = 15
_ONE_THREAD = dict.fromkeys(("BOT_TRAINING_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Program:
    """A program of ours under way.

    Parameters
    ----------
    command: a module and its arguments.
    is_polite: gives way to everything else on the machine, and uses one thread.
    environment: added to our own.
    """

    def __init__(
        self, command: Sequence[str], *, is_polite: bool = False, environment: Mapping[str, str] | None = None
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", *command],
            env=os.environ | (_ONE_THREAD if is_polite else {}) | dict(environment or {}),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_polite if is_polite else _end_with_parent,
        )

    def answer(self, report: Report) -> str:
        """Wait for the end, passing on each line of progress; SetupError with the last lines when it failed."""
        said: deque[str] = deque(maxlen=30)
        with self._process as process:
            assert process.stdout is not None  # noqa: S101 - asked for above
            assert process.stderr is not None  # noqa: S101
            for line in process.stderr:
                said.append(line.rstrip())
                report(line.rstrip())
            answer = process.stdout.read()
        if process.returncode != 0:
            raise SetupError("training failed:\n" + "\n".join(said))
        return answer

    def stop(self) -> None:
        """End it with everything it started; what is finished stays."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            os.killpg(self._process.pid, signal.SIGCONT)  # somebody may have suspended it


class Training(Program):
    """A training under way.

    Parameters
    ----------
    what: ``start`` for what can serve soonest, ``tuned`` for the best, ``release`` for other content on an encoder
        that serves.
    """

    def __init__(
        self,
        what: Literal["start", "tuned", "release"],
        *,
        is_polite: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(["bot.trainer", what], is_polite=is_polite, environment=environment)

    def result(self, report: Report) -> Trained:
        """What was trained, once it is; SetupError with the last lines when it failed."""
        return Trained.model_validate_json(self.answer(report))


def _end_with_parent() -> None:
    """A training must not go on when whoever wanted it was killed outright (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _polite() -> None:
    _end_with_parent()
    os.nice(_NICE)


def end_group_on_signal() -> None:
    """Whoever stops us means everything we started."""
    if os.getpgid(0) == os.getpid():
        signal.signal(signal.SIGTERM, _end_group)


def _end_group(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.killpg(os.getpgid(0), signal.SIGTERM)


def _train_release(settings: Settings, report: Report) -> Trained:
    return train_on(settings, Path(os.environ[ENCODER]), report)


def main() -> int:
    """The exit status."""
    end_group_on_signal()
    train = {"start": train_for_start, "tuned": train_tuned, "release": _train_release}[sys.argv[1]]
    try:
        trained = train(get_settings(), lambda line: print(line, file=sys.stderr, flush=True))
    except BotError as error:
        print(error, file=sys.stderr)
        return 1
    print(trained.model_dump_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
