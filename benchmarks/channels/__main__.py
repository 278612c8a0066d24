"""A storm of WeChat callbacks on the whole service, on one machine, while its processes are killed.

    python -m benchmarks.channels                            # 200 a second for 60 s, each process killed twice
    python -m benchmarks.channels --rate 20 --seconds 10     # does it work?

Starts the service with a worker and two callback processes of its own, WeChat's API and WeChat's pushing side as
two more processes, pushes on schedule, waits until everything is answered, and judges each question by what the pusher
was thanked for, what the database holds and what stands on the customers' phones.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.channels import crowd, ledger
from benchmarks.channels.judging import Evidence, Verdict, judge, percentile
from benchmarks.channels.ledger import Backlog
from benchmarks.channels.pusher import Pushed
from benchmarks.channels.service import PROJECT, Costs, Ports, Running, kill_on_time, screens, service

_SEALING_S = 12.0
"""The pusher seals everything before it begins."""


def main() -> None:
    asked = _arguments()
    signal.signal(signal.SIGTERM, _end)
    load = os.getloadavg()
    with service(Ports(), keep=asked.keep) as running:
        print(f"up; load average before {load[0]:.1f}", flush=True)
        asyncio.run(storm(running, asked))


def _end(*_: object) -> None:
    """Leave through every ``with``, so that what was started is stopped."""
    raise SystemExit(143)


async def storm(running: Running, asked: argparse.Namespace) -> None:
    """Push, kill, wait, judge, tell."""
    questions = crowd.crowd(asked.rate, asked.seconds, asked.customers)
    costs, url = Costs(running), running.database_url()
    with tempfile.TemporaryDirectory(prefix="kuaida-storm-") as folder:
        asking, pushes = Path(folder) / "questions", Path(folder) / "pushes"
        crowd.write(questions, asking)
        begin = time.time() + _SEALING_S
        pusher = _pusher(running.ports, asking, pushes, begin)
        await asyncio.sleep(max(0.0, begin - time.time()))
        costs.look()
        plan = kill_plan(asked.seconds) if not asked.alive else []
        killing = asyncio.create_task(kill_on_time(running, begin, plan))
        seen = await _watch(costs, url, pusher, begin, asked)
        await killing
        done = [Pushed(**json.loads(line)) for line in pushes.read_text(encoding="utf-8").splitlines()]
    verdict = judge(await _evidence(running, url, questions, done))
    print(report(verdict, costs.spent(), seen, begin), flush=True)
    print(_besides(running, await ledger.aside(url)), flush=True)
    for msg_id in verdict.lost[:20]:
        print(f"lost: {msg_id}")


async def _evidence(running: Running, url: str, questions: list[crowd.Question], done: list[Pushed]) -> Evidence:
    """Nothing moves while it is gathered: the worker stands still."""
    with running.standing_still("worker"):
        stored, unread = await ledger.stored(url), await ledger.unread(url)
        return Evidence(questions, done, stored, await ledger.bubbles(url), screens(running.ports), unread)


def kill_plan(seconds: float) -> list[tuple[float, str]]:
    """Each of three twice, never two at once."""
    order = ("callbacks", "worker", "platform", "callbacks", "worker", "platform")
    return [(seconds * (number + 1) / 7, name) for number, name in enumerate(order)]


def _pusher(ports: Ports, asking: Path, pushes: Path, begin: float) -> "subprocess.Popen[bytes]":
    told = (str(asking), str(pushes), str(ports.callbacks), str(ports.wechat), str(begin))
    return subprocess.Popen([sys.executable, "-m", "benchmarks.channels.pusher", *told], cwd=PROJECT)


async def _watch(
    costs: Costs,
    url: str,
    pusher: "subprocess.Popen[bytes]",
    begin: float,
    asked: argparse.Namespace,
) -> list[Backlog]:
    """Look on until the pusher has ended and nothing waits any more."""
    seen: list[Backlog] = []

    def look(now: Backlog) -> None:
        costs.look()
        if len(seen) % 5 == 0:
            load, at = os.getloadavg()[0], now.at - begin
            print(f"{at:6.1f} s: {now.letters} letters, {now.questions} questions, {now.bubbles} bubbles; {load:.1f}")
            sys.stdout.flush()
        seen.append(now)

    while pusher.poll() is None:
        look(await ledger.backlog(url))
        await asyncio.sleep(1)
    await ledger.until_drained(url, look, within_s=asked.drain)
    return seen


def report(verdict: Verdict, spent: dict[str, float], seen: Sequence[Backlog], begin: float) -> str:
    """The Markdown of one run."""
    ack, waits = verdict.ack_s, verdict.answered_in
    took = seen[-1].at - begin
    lines = [
        "| what | result |",
        "|---|---|",
        f"| pushed | {verdict.pushed:,} ({verdict.repeated} more than once) |",
        f"| thanked within 1 s | {verdict.in_time:.2%} |",
        f"| thanked after, ms | median {_ms(ack, 0.5)}, 95 % {_ms(ack, 0.95)}, 99 % {_ms(ack, 0.99)}, "
        f"slowest {ack[-1] * 1000 if ack else 0:.0f} |",
        f"| 暂时无法提供服务 shown | {verdict.no_service} |",
        f"| still waiting when looked at | {verdict.waiting} |",
        f"| held by WeChat's count of messages | {verdict.held} |",
        f"| lost | {len(verdict.lost)} |",
        f"| left to a person | {verdict.to_a_person} |",
        f"| bubbles missing, doubled; phones with something else | "
        f"{verdict.unseen}, {verdict.doubled}; {verdict.strange} |",
        f"| out of order | {verdict.out_of_order} |",
        f"| answered as most others who asked so | {verdict.alike:.2%} |",
        f"| all answered after | {took:.0f} s{'' if seen[-1].is_empty else ' (NOT ALL)'} |",
        f"| most that waited | {max(s.letters for s in seen)} letters, {max(s.questions for s in seen)} questions, "
        f"{max(s.bubbles for s in seen)} bubbles |",
        f"| answer after, s | median {percentile(waits, 0.5):.1f}, 95 % {percentile(waits, 0.95):.1f}, "
        f"slowest {waits[-1] if waits else 0:.1f} |",
        f"| answered a second | {len(waits) / took:.1f} |",
        "",
        "| process | processor s | ms a question |",
        "|---|---|---|",
    ]
    for name, seconds in sorted(spent.items(), key=lambda each: -each[1]):
        lines.append(f"| {name} | {seconds:.1f} | {seconds * 1000 / max(1, len(waits)):.1f} |")
    return "\n".join(lines)


def _besides(running: Running, aside: int) -> str:
    worker = running.log("worker")
    killed = ", ".join(f"{name} at {at_s:.0f} s" for at_s, name in running.killed) or "nobody"
    return "\n".join(
        [
            f"killed: {killed}",
            f"letters aside: {aside}; answered by the stand-in: {worker.count('is answered by the stand-in')}",
            f"errors in the logs: {sum(running.log(n).count(' ERROR ') for n in ('worker', 'platform'))}",
            f"load average {os.getloadavg()[0]:.1f}, processors {psutil.cpu_count()}",
        ]
    )


def _ms(values: Sequence[float], share: float) -> str:
    return f"{percentile(values, share) * 1000:.0f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=200, help="callbacks a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--drain", type=float, default=900, help="wait so long for the last answer")
    parser.add_argument("--alive", action="store_true", help="kill nobody")
    parser.add_argument("--keep", type=Path, help="data folder to use and to keep")
    return parser.parse_args()


if __name__ == "__main__":
    main()
