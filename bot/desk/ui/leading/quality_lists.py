"""Samples as lists show them."""

from bot.desk.leading.kinds import SampleState
from bot.desk.leading.tables import QualitySample
from bot.desk.leading.words import leading_words
from bot.desk.ui.forms import table, tag
from bot.desk.ui.leading.shared import moment
from bot.desk.words import desk_words


def draw_samples(samples: list[QualitySample], names: dict[str, str], *, empty: str) -> None:
    words = leading_words().quality
    headings = [words[name] for name in ("served_at", "agent", "channel", "reason", "state", "score")]
    with table([*headings, ""], "samples"):
        for sample in samples:
            with tag("tr"):
                tag("td", "nowrap num", moment(sample.served_at))
                tag("td", "nowrap", names.get(sample.agent, sample.agent))
                tag("td", "nowrap", desk_words().channel(sample.channel))
                with tag("td"), tag("div", "tags"):
                    draw_reasons(sample)
                with tag("td"), tag("div", "tags"):
                    draw_state(sample)
                tag("td", f"num score {_heat(sample.total)}", points(sample.total))
                with tag("td", "nowrap"):
                    is_open = sample.state == SampleState.open
                    tag("a", "", words["score_it" if is_open else "see"], href=f"/desk/quality/{sample.id}")
    if not samples:
        tag("p", "empty", empty)


def draw_reasons(sample: QualitySample) -> None:
    """Why it was drawn, each explained."""
    words = leading_words()
    for one in sample.because:
        tag("span", "tag", words.reasons[one["reason"]], title=explained(one))


def explained(because: dict[str, object]) -> str:
    return leading_words().explained[str(because["reason"])].format_map(because)


def draw_state(sample: QualitySample) -> None:
    looks = {SampleState.open: "tag status", SampleState.objected: "tag bad", SampleState.settled: "tag good"}
    state = SampleState(sample.state)
    tag("span", looks.get(state, "tag"), leading_words().states[state])
    if sample.is_calibration:
        tag("span", "tag why", leading_words().quality["calibration"])


def points(total: float | None) -> str:
    return "—" if total is None else f"{total:g}"


def _heat(total: float | None) -> str:
    if total is None:
        return ""
    return "is-red" if total < 60 else "is-amber" if total < 80 else ""
