"""A thousand parcels in cohorts: how many, between which outlets, and what is scanned when.

A line of a timetable is a day and an hour of March 2026 on China's clock, the kind of scan, and where: an outlet, or
``origin``, ``hub`` (of the origin's province), ``far_hub`` (of the destination's) and ``destination``.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.clock import CHINA
from tests.day.network import GZ1, GZ2, HZ1, HZ2, NB1, SZ1

LEAVES_HOME = """
02 10:00 picked_up origin
02 18:00 departed origin
02 20:00 arrived hub
02 23:00 departed hub
"""
NEAR_TO_DOOR = f"{LEAVES_HOME}03 04:00 arrived destination\n03 09:00 out_for_delivery destination\n"
NEAR = f"{NEAR_TO_DOOR}03 15:00 delivered destination\n"
FAR_TO_HUB = f"{LEAVES_HOME}03 22:00 arrived far_hub\n"
FAR_TO_DOOR = f"""{FAR_TO_HUB}04 05:00 departed far_hub
04 08:00 arrived destination
04 09:00 out_for_delivery destination
"""
FAR = f"{FAR_TO_DOOR}04 15:00 delivered destination\n"
NOBODY_HOME = f"{NEAR_TO_DOOR}03 15:00 delivery_failed destination\n"


def late(out: str, delivered: str) -> str:
    """Nobody was home; brought again on a later day."""
    return f"{NOBODY_HOME}{out} out_for_delivery destination\n{delivered} delivered destination\n"


@dataclass(frozen=True)
class Cohort:
    """Parcels to which the same happens.  ``code``: two digits in their numbers; routes are taken in turns."""

    code: str
    count: int
    track: str
    routes: tuple[tuple[str, str], ...] = ((HZ1, NB1),)
    product: str = "standard"
    days_later: int = 0

    @property
    def numbers(self) -> list[str]:
        return [f"YD202603{self.code}{n:05d}" for n in range(1, self.count + 1)]

    @property
    def number(self) -> str:
        """Of a cohort that is one parcel."""
        (number,) = self.numbers
        return number


ACROSS = ((HZ1, GZ1), (HZ2, SZ1), (NB1, GZ2), (HZ1, SZ1), (NB1, GZ1))
BACK = tuple((there, here) for here, there in ACROSS)
WITHIN_ZHEJIANG = ((HZ1, NB1), (HZ2, NB1), (NB1, HZ1))
WITHIN_GUANGDONG = ((GZ1, SZ1), (SZ1, GZ2), (GZ2, SZ1))
HOME = ((HZ1, GZ1),)

ON_TIME = (
    Cohort("01", 200, FAR, ACROSS),
    Cohort("02", 200, FAR, BACK),
    Cohort("03", 120, NEAR, WITHIN_ZHEJIANG),
    Cohort("04", 120, NEAR, WITHIN_GUANGDONG),
    Cohort("05", 60, NEAR, ((HZ1, HZ2),)),
    Cohort("06", 60, NEAR, ((GZ2, GZ1),)),
    Cohort("07", 104, FAR, ACROSS, days_later=1),
)

LATE_LEG = Cohort(
    "10",
    40,
    f"""{FAR_TO_HUB}04 13:00 departed far_hub
04 20:00 arrived destination
05 09:00 out_for_delivery destination
05 14:00 delivered destination
""",
    ACROSS,
)
BROUGHT_LATE = Cohort("11", 18, late("05 09:00", "05 11:00"))
HANDLED = Cohort("12", 10, late("05 13:00", "05 17:00"))
SENT_BACK = Cohort("13", 1, late("05 13:00", "05 17:00"))
LEFT_LYING = Cohort("14", 1, late("05 15:00", "05 17:00"))
ASKED_IN_TIME = Cohort("15", 10, FAR, ACROSS)
ASKED_LATE = Cohort("16", 6, late("05 09:00", "05 11:00"))
KEPT = Cohort("17", 4, late("06 09:00", "06 15:00"))
MISSED = Cohort(
    "18",
    4,
    f"""{NOBODY_HOME}06 09:00 out_for_delivery destination
06 15:00 delivery_failed destination
07 09:00 out_for_delivery destination
07 10:00 delivered destination
""",
)

SILENT = Cohort("19", 1, FAR, HOME)
ADMITTED = Cohort("20", 1, FAR, HOME)
ALL_PROVEN = Cohort("21", 1, FAR, HOME)
UNPROVEN = Cohort("22", 1, FAR, HOME)

WITHIN = Cohort("23", 1, NEAR)
REVERSED = Cohort("24", 1, FAR, HOME)
CONFIRMED = Cohort("25", 1, FAR, ((NB1, SZ1),))
REGULATED = Cohort("26", 1, FAR, ((SZ1, HZ2),))
VALUABLE = Cohort("27", 1, FAR, HOME)
VIP = Cohort("28", 1, FAR, HOME)
PROOF = Cohort("29", 1, FAR, HOME)

TO_AND_FRO = Cohort(
    "30",
    2,
    f"""02 10:00 picked_up origin
02 11:00 departed origin
02 13:00 arrived hub
02 14:00 departed hub
02 16:00 arrived origin
{FAR_TO_DOOR.replace("02 10:00 picked_up origin", "")}04 15:00 delivered destination
""",
    HOME,
)
FAILED_TWICE = Cohort(
    "31",
    2,
    f"""{NEAR_TO_DOOR}03 12:00 delivery_failed destination
03 14:00 out_for_delivery destination
03 18:00 delivery_failed destination
04 09:00 out_for_delivery destination
04 12:00 delivered destination
""",
)
SIGNED_UNSEEN = Cohort("32", 2, f"{LEAVES_HOME}03 04:00 arrived destination\n03 12:00 delivered destination\n")
LOCKER = Cohort("33", 2, f"{NEAR_TO_DOOR}03 12:00 at_station destination\n03 18:00 delivered destination\n")
REFUSED = Cohort("34", 1, f"{NEAR_TO_DOOR}03 12:00 refused destination\n03 17:00 delivered destination\n")
ASTRAY = Cohort(
    "35",
    2,
    """02 10:00 picked_up origin
02 18:00 departed origin
02 20:00 arrived hub
02 21:00 departed hub
03 10:00 arrived GZ900
03 11:00 departed GZ900
04 00:00 arrived hub
04 02:00 departed hub
04 07:00 arrived destination
04 09:00 out_for_delivery destination
04 15:00 delivered destination
""",
    product="economy",
)

AT_THE_END = Cohort("40", 8, FAR_TO_DOOR, HOME, days_later=9)
STUCK_AT_THE_END = Cohort("41", 6, FAR_TO_HUB, HOME, days_later=9)
ASKED_AT_THE_END = Cohort("42", 3, FAR_TO_DOOR, HOME, days_later=9)
LATE_AT_THE_END = Cohort("43", 3, NOBODY_HOME, days_later=8)

RISKY = (TO_AND_FRO, FAILED_TWICE, SIGNED_UNSEEN, LOCKER, REFUSED, ASTRAY)
COHORTS = (
    *ON_TIME,
    *(LATE_LEG, BROUGHT_LATE, HANDLED, SENT_BACK, LEFT_LYING, ASKED_IN_TIME, ASKED_LATE, KEPT, MISSED),
    *(SILENT, ADMITTED, ALL_PROVEN, UNPROVEN, WITHIN, REVERSED, CONFIRMED, REGULATED, VALUABLE, VIP, PROOF),
    *RISKY,
    *(AT_THE_END, STUCK_AT_THE_END, ASKED_AT_THE_END, LATE_AT_THE_END),
)


def moment(day: str) -> datetime:
    """A day and an hour of March 2026 in China: ``04 16:00``."""
    return datetime.strptime(f"2026-03-{day}", "%Y-%m-%d %H:%M").replace(tzinfo=CHINA)
