"""Both pages, to be added before the desk is mounted."""

from bot.desk.service import AgentService
from bot.studio.insight.next import Next
from bot.studio.insight.numbers import Numbers
from bot.studio.ui.insight.next_page import add_next_page
from bot.studio.ui.insight.numbers_page import Titles, add_numbers_page


def add_insight_pages(following: Next, numbers: Numbers, titles: Titles, agents: AgentService) -> None:
    """``/studio`` and ``/studio/numbers``.  ``titles`` names intents and topics."""
    add_next_page(following, agents)
    add_numbers_page(numbers, titles, agents)
