"""Misses as the page shows them: names instead of codes, times of the day, percent."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.clock import Clock, local
from bot.desk.words import desk_words
from bot.studio.drafts.model import IntentLine, TopicLine, Warning  # noqa: A004
from bot.studio.misses.beside import Beside
from bot.studio.misses.kinds import GroupSort, MissState
from bot.studio.misses.lists import Choices, GroupLine
from bot.studio.misses.mending import Mended
from bot.studio.misses.tables import Miss, MissMend
from bot.studio.misses.targets import Target
from bot.studio.misses.words import miss_words

_DAYS_FROM = 48
_FALLBACK = "intent:nlu_fallback"
"""Understood as nothing: has a name, and can be taught nothing."""


class Wording:
    """Everything that is shown of misses, as text."""

    def __init__(
        self,
        intents: Sequence[IntentLine],
        topics: Sequence[TopicLine],
        outlets: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._names = {_FALLBACK: miss_words().ui["fallback"]}
        self._names |= {f"intent:{one.name}": one.zh or one.name for one in intents}
        self._names |= {f"topic:{one.id}": one.question or one.covers for one in topics}
        self._outlets = outlets
        self._clock = clock
        self._words = miss_words()

    # -- what can be chosen ----------------------------------------------------------------------------

    def targets(self) -> list[dict[str, str]]:
        """For the lists of the sheet."""
        found = []
        for target, title in self._names.items():
            kind, _, name = target.partition(":")
            if target == _FALLBACK:
                continue
            found.append({"kind": kind, "name": name, "title": title})
        return found

    def knows(self, kind: str, name: str | None) -> str | None:
        """The name, if there is such an intent or topic."""
        return name if f"{kind}:{name}" in self._names else None

    def selects(self, choices: Choices) -> list[dict[str, Any]]:
        words = self._words
        days = {"": words.ui["any"]} | {str(number): words.ui[f"days_{number}"] for number in (1, 7, 30, 90)}
        any_ = {"": words.ui["any"]}
        return [
            _select("cause", words.ui["cause"], any_ | words.causes),
            _select("period", words.ui["period"], days),
            _select("channel", words.ui["channel"], any_ | {one: _channel(one) for one in choices.channels}),
            _select("region", words.ui["region"], any_ | {one: one for one in choices.regions}),
            _select("outlet", words.ui["outlet"], any_ | dict(choices.outlets)),
            _select("condition", words.ui["condition"], any_ | words.conditions),
            _select("state", words.ui["state"], words.states | {"any": words.ui["any"]}, plain=MissState.open.value),
            _select("sort", words.ui["sort"], words.sorts, plain=GroupSort.size.value),
        ]

    # -- lists -----------------------------------------------------------------------------------------

    def group(self, line: GroupLine) -> dict[str, Any]:
        words, step = self._words.ui, line.this_week - line.before
        trend = "up" if step > 0 else "down" if step < 0 else "same"
        return {
            "id": line.id,
            "name": line.name,
            "count": line.count,
            "trend": trend,
            "trend_short": {"up": f"↑{step}", "down": f"↓{-step}", "same": "→"}[trend],
            "week": words["week_short"].format(now=line.this_week),
            "trend_text": words["this_week"].format(now=line.this_week, before=line.before),
            "target": self._name(line.target) if line.target else "",
            "agree": line.agree,
            "asked": line.asked,
            "votes": words["votes"].format(agree=line.agree, asked=line.asked),
            "guess": self._guess(line),
        }

    def member(self, miss: Miss) -> dict[str, Any]:
        facts = [self._moment(miss), _channel(miss.channel)]
        if miss.intent and miss.confidence is not None:
            facts.append(f"{self._name(f'intent:{miss.intent}')} {round(100 * miss.confidence)}%")
        if miss.condition and miss.condition != "normal":
            facts.append(self._words.conditions.get(miss.condition, miss.condition))
        return {
            "id": miss.id,
            "text": miss.text,
            "causes": [{"id": cause, "text": self._words.causes[cause]} for cause in miss.causes],
            "facts": " · ".join(facts),
            "state": miss.state,
            "state_text": self._words.states[miss.state],
        }

    # -- one miss --------------------------------------------------------------------------------------

    def beside(self, beside: Beside, people: Mapping[str, str]) -> dict[str, Any]:
        miss, words = beside.miss, self._words
        note = "" if beside.faq.decision else words.ui["faq_away"]
        return {
            "id": miss.id,
            "text": miss.text,
            "state": miss.state,
            "state_text": words.states[miss.state],
            "dialogue": f"/studio/sets/dialogues?conversation={miss.conversation_id}",
            "mended": self._mended(miss, people),
            "suggestions": [self._suggestion(one.target, one.share) for one in beside.suggestions],
            "said": [
                {
                    "seq": one.seq,
                    "author": one.author,
                    "who": words.authors.get(one.author, one.author),
                    "at": f"{local(one.at):%H:%M}",
                    "text": one.text,
                    "buttons": list(one.buttons),
                    "it": one.is_it,
                }
                for one in beside.said
            ],
            "ranking": [
                {
                    "name": row["name"],
                    "title": self._name(f"intent:{row['name']}"),
                    "percent": round(100 * row["confidence"]),
                }
                for row in miss.ranking
            ],
            "entities": [
                {
                    "text": miss.text[each["start"] : each["end"]].strip("〔〕"),
                    "kind": words.entities.get(each["kind"], words.personal.get(each["kind"], each["kind"])),
                }
                for each in miss.marks
            ],
            "words": [[text.replace("〔", "").replace("〕", ""), known] for text, known in beside.words],
            "offered": [
                {"target": target, "title": self._name(target), "taken": target == miss.chosen}
                for target in miss.offered
            ],
            "faq": [
                {"topic": one.topic, "question": one.question, "percent": round(100 * one.confidence)}
                for one in beside.faq.candidates
            ],
            "faq_note": words.ui["faq_decline"] if beside.faq.decision == "decline" else note,
            "facts": self._facts(beside),
        }

    # -- steps -----------------------------------------------------------------------------------------

    def warning(self, warning: Warning) -> dict[str, str]:
        why = self._words.warnings.get(warning.kind, "{other}").format(other=warning.other)
        return {"text": warning.text, "why": why}

    def done(self, done: Mended) -> str:
        words = self._words.ui
        text = words["done_some" if done.left else "done"].format(n=done.misses, left=done.left)
        is_known = done.added == 0 and done.kind.teaches
        return f"{text}。{words['nothing_new']}" if is_known else text

    def last_step(self, mend: MissMend) -> str:
        kind, target = self._words.mends[mend.kind], self._name(mend.target) if mend.target else ""
        return f"{kind} {target}（{self._words.ui['members'].format(n=mend.misses)}）".replace(" （", "（")

    # -- within ----------------------------------------------------------------------------------------

    def _guess(self, line: GroupLine) -> dict[str, Any] | None:
        """What is filled in for the whole group: only what most of its sentences are like."""
        is_likely = line.target is not None and 2 * line.agree >= line.asked
        return self._suggestion(line.target or "", line.agree / max(line.asked, 1)) if is_likely else None

    def _suggestion(self, target: str, share: float) -> dict[str, Any]:
        found = Target.of(target)
        kind, name = (found.kind, found.name) if found else ("intent", target)
        return {
            "target": target,
            "kind": kind,
            "kind_text": self._words.ui["intent" if kind == "intent" else "knowledge"],
            "name": name,
            "title": self._name(target),
            "percent": round(100 * share),
        }

    def _facts(self, beside: Beside) -> list[list[str]]:
        miss, words = beside.miss, self._words
        facts = {
            words.ui["cause"]: "、".join(words.causes[cause] for cause in miss.causes),
            words.ui["channel"]: _channel(miss.channel),
            words.ui["region"]: miss.region,
            words.ui["outlet"]: beside.outlet,
            words.ui["condition"]: words.conditions.get(miss.condition or "", miss.condition),
            words.ui["period"]: f"{local(miss.at):%Y-%m-%d %H:%M}",
        }
        return [[name, value] for name, value in facts.items() if value]

    def _mended(self, miss: Miss, people: Mapping[str, str]) -> str:
        if miss.mended_at is None:
            return ""
        who = self._words.ui["mended_by"].format(
            who=people[miss.mended_by or ""], when=f"{local(miss.mended_at):%m-%d %H:%M}"
        )
        hours = (miss.mended_at - miss.at).total_seconds() / 3600
        words = self._words.ui
        time = (
            words["days"].format(n=f"{hours / 24:.1f}")
            if hours >= _DAYS_FROM
            else words["hours"].format(n=f"{hours:.1f}")
        )
        return f"{who} · {self._words.ui['waited'].format(time=time)}"

    def _moment(self, miss: Miss) -> str:
        at, now = local(miss.at), local(self._clock())
        return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"

    def _name(self, target: str | None) -> str:
        return self._names.get(target or "", (target or "").partition(":")[2])


def _channel(channel: str) -> str:
    return desk_words().channel(channel)


def _select(name: str, title: str, options: Mapping[str, str], *, plain: str = "") -> dict[str, Any]:
    shown = [{"value": value, "text": text} for value, text in options.items()]
    return {"name": name, "title": title, "options": shown, "plain": plain}
