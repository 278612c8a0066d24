"""All pages of supervisors, to be added to the desk before it is mounted."""

from bot.desk.leading.services import Leading
from bot.desk.ui.leading.quality_page import add_quality_page
from bot.desk.ui.leading.satisfaction_page import add_satisfaction_page
from bot.desk.ui.leading.scoring_page import add_scoring_page
from bot.desk.ui.leading.wall_page import add_wall_page


def add_leading_pages(leading: Leading) -> None:
    """``/desk/wall``, ``/desk/quality``, ``/desk/satisfaction``."""
    add_wall_page(leading)
    add_quality_page(leading)
    add_scoring_page(leading)
    add_satisfaction_page(leading)
