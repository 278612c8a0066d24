"""All pages of sets and dialogues, to be added before the desk is mounted."""

from bot.clock import Clock
from bot.desk.service import AgentService
from bot.studio.sets.dialogue_service import Dialogues
from bot.studio.sets.labelling import Labelling
from bot.studio.sets.service import Sets
from bot.studio.sets.stages import Stages
from bot.studio.ui.sets.agreement_page import add_agreement_page
from bot.studio.ui.sets.dialogue_page import add_dialogue_page
from bot.studio.ui.sets.dialogues_page import add_dialogues_page
from bot.studio.ui.sets.disputes_page import add_disputes_page
from bot.studio.ui.sets.label_page import add_label_page
from bot.studio.ui.sets.list_page import add_list_page


def add_sets_pages(
    sets: Sets, labelling: Labelling, dialogues: Dialogues, stages: Stages, agents: AgentService, clock: Clock
) -> None:
    """``/studio/sets`` and everything below it.  Dialogues come first: the address of a set is any one part."""
    add_list_page(sets, agents, clock)
    add_dialogues_page(dialogues, stages, agents)
    add_dialogue_page(dialogues, agents)
    add_label_page(sets, labelling, agents)
    add_agreement_page(sets, labelling, agents)
    add_disputes_page(sets, labelling, agents)
