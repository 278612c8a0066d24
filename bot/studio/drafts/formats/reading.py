"""Which format a file of the content has."""

from fnmatch import fnmatchcase

from bot.studio.drafts.formats.document import Document, UnreadableFileError
from bot.studio.drafts.formats.examples import ExamplesFile
from bot.studio.drafts.formats.faq import FaqFile
from bot.studio.drafts.formats.lexicon import AliasesFile, ColumnsFile, LinesFile
from bot.studio.drafts.formats.responses import ResponsesFile
from bot.studio.drafts.formats.topics import TopicsFile
from bot.studio.drafts.formats.whole import WholeFile
from bot.studio.drafts.words import misfit

INTENTS = "nlu_data/intents/"
FAQ = "knowledge_base/faq/"
TOPICS = "knowledge_base/topics.yml"
RESPONSES = "nlu_data/domain/responses/"
LEXICON = "nlu_data/lexicon/"

_FORMATS: tuple[tuple[str, type[Document]], ...] = (
    (f"{INTENTS}*.yml", ExamplesFile),
    (f"{FAQ}*.yml", FaqFile),
    (TOPICS, TopicsFile),
    (f"{RESPONSES}*.yml", ResponsesFile),
    (f"{LEXICON}*.txt", LinesFile),
    (f"{LEXICON}aliases.yml", AliasesFile),
    *((f"{LEXICON}{name}.yml", ColumnsFile) for name in ("goods", "names", "addresses")),
)


def read(path: str, content: bytes, blob: str) -> Document:
    """A file of the content; ``blob`` is its hash.  Raises UnreadableFileError."""
    for pattern, kind in _FORMATS:
        if fnmatchcase(path, pattern):
            return kind(path, _decoded(content))
    return WholeFile(path, blob)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFileError(misfit("not_utf8")) from error
