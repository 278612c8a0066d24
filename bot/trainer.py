"""Training in a process group of its own: stopped as a whole, and as polite to everything else as asked.

Run as a program (``python -m bot.trainer start`` or ``tuned``) it trains, tells its progress on standard error, and
prints what it trained on standard output.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from typing import Literal

from bot.errors import BotError, SetupError
from bot.settings import PROJECT, get_settings
from bot.training import Trained, train_for_start, train_tuned

Report = Callable[[str], None]

_PR_SET_PDEATHSIG = 1
_NICE = 15
_ONE_THREAD = dict.fromkeys(("BOT_TRAINING_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class Training:
    """A training under way.

    Parameters
    ----------
    what: ``start`` for what can serve soonest, ``tuned`` for the best.
    is_polite: gives way to everything else on the machine, and uses one thread.
    """

    def __init__(self, what: Literal["start", "tuned"], *, is_polite: bool = False) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "bot.trainer", what],
            env=os.environ | (_ONE_THREAD if is_polite else {}),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_polite if is_polite else _end_with_parent,
        )

    def result(self, report: Report) -> Trained:
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
        return Trained.model_validate_json(answer)

    def stop(self) -> None:
        """End it with everything it started; what is finished stays."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            os.killpg(self._process.pid, signal.SIGCONT)  # somebody may have suspended it


def _end_with_parent() -> None:
    """A training must not go on when whoever wanted it was killed outright (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _polite() -> None:
    _end_with_parent()
    os.nice(_NICE)


def _end_group(*_: object) -> None:
    """Whoever stops us means everything we started."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.killpg(os.getpgid(0), signal.SIGTERM)


def main() -> int:
    """The exit status."""
    if os.getpgid(0) == os.getpid():
        signal.signal(signal.SIGTERM, _end_group)
    train = {"start": train_for_start, "tuned": train_tuned}[sys.argv[1]]
    try:
        trained = train(get_settings(), lambda line: print(line, file=sys.stderr, flush=True))
    except BotError as error:
        print(error, file=sys.stderr)
        return 1
    print(trained.model_dump_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
