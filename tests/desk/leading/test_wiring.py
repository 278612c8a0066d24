"""The settings say the same as the services do on their own, and the week is drawn by a job."""

from datetime import timedelta

from bot.clock import Clock
from bot.db import Database
from bot.desk.leading.scoring import OBJECT_WITHIN
from bot.desk.leading.settings import WallSettings
from bot.leading_wiring import EVERY_MONDAY, draw_weekly, wall_settings
from bot.settings import Settings


def test_the_settings_begin_with_what_the_services_begin_with() -> None:
    assert wall_settings(Settings()) == WallSettings()
    assert timedelta(days=Settings().quality_object_days) == OBJECT_WITHIN


class Listed:
    """Remembers what is to run when."""

    def __init__(self) -> None:
        self.periodics: list[tuple[str, str]] = []

    def periodic(self, name: str, cron: str, _: object) -> None:
        self.periodics.append((name, cron))


def test_the_week_is_drawn_on_mondays(database: Database, clock: Clock) -> None:
    jobs = Listed()
    draw_weekly(jobs, database, clock)  # type: ignore[arg-type]  # only asked for its periodics
    assert jobs.periodics == [("quality.draw", EVERY_MONDAY)]
