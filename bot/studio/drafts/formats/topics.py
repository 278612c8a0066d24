"""``knowledge_base/topics.yml``: one line about each topic, those of one group together."""

from collections.abc import Iterator

from bot.studio.drafts.formats.document import Document, Edit, Source, Splice, compose, pairs
from bot.studio.drafts.formats.scalars import in_style, scalar
from bot.studio.drafts.model import TopicValue


class TopicsFile(Document):
    """Topics by id."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(path, text)
        self._source = Source(text)
        root = compose(text)
        self._nodes = {
            self._keep(topic_id(str(key.value)), TopicValue(str(key.value), str(value.value))): (key, value)
            for key, value in (pairs(root) if root is not None else ())
        }

    def splices(self, edit: Edit) -> Iterator[Splice]:
        if edit.entry_id is None:
            assert isinstance(edit.value, TopicValue)  # noqa: S101 - the caller chose the format by the value
            yield self._added(edit.value)
            return
        key, value = self._nodes[edit.entry_id]
        start, end = self._source.at(key.start_mark), self._source.end_of(value)
        if not isinstance(edit.value, TopicValue):
            yield Splice(*self._source.whole_lines(start, end), "")
        else:
            yield Splice(self._source.at(value.start_mark), end, in_style(edit.value.covers, value.style, "  "))

    def _added(self, value: TopicValue) -> Splice:
        """Behind the last one of its group (what stands before the dot), or at the end."""
        line = f"{value.topic}: {scalar(value.covers)}\n"
        group = value.topic.split(".")[0] + "."
        kin = [node for entry_id, node in self._nodes.items() if entry_id.startswith(topic_id(group))]
        if kin:
            end = self._source.end_of(kin[-1][1])
            place = self._source.whole_lines(end, end)[1]
        else:
            place = len(self.text)
        lead = "" if place == 0 or self.text[place - 1] in "\r\n" else "\n"
        return Splice(place, place, lead + ("" if kin or not self.text else "\n") + line)


def topic_id(topic: str) -> str:
    return f"topic/{topic}"
