"""Names of people: what a name is made of, and what people say around one."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

NAMES_FILE = "names.yml"

_HANZI = "[\u4e00-\u9fff]"
_HANZI_HERE = re.compile(_HANZI)
_NEVER_GIVEN = frozenset(
    "的了吗呢吧啊呀么是在我你您他她它们这那哪不没就都也还有要能会去到给把被让和跟或及与寄送收取派退改换查件单号"
)
_NO_NAME = ("v", "d", "p", "c", "r", "u", "ns", "nt", "t", "m", "q", "l", "i", "f", "s", "y")
"""Parts of speech of words that name nobody, even where a name is expected."""
_NO_GIVEN_NAME = ("d", "p", "c", "r", "u")


class NameGrammar:
    """Finds people by surname, given name and the words around them.

    Parameters
    ----------
    words: the content of ``names.yml``.
    tags: part of speech of the words of the dictionary, as jieba names it; a word that is no name names nobody.
    """

    def __init__(self, words: dict[str, str], tags: Mapping[str, str]) -> None:
        self._tags = tags
        self._never = frozenset(words["never"].split())
        self._given = frozenset("".join(words["given"].split()))
        surname, common = _any(words["surnames"].split()), _any(words["common_surnames"].split())
        self._surname = re.compile(surname)
        behind, named = _any(words["behind"].splitlines()), _any(words["named"].splitlines())
        sounds = "".join(words["sounds"].split())
        alone = f"(?<!{_HANZI})"
        titles, maybe = _any(words["titles"].split()), _any(words["maybe"].splitlines())
        given = f"{_HANZI}{{1,2}}"
        cue = f"(?:{alone}|{maybe})(?!(?<=谢)谢|谢谢)"
        # Two signs of a given name go before one: 朱志刚 rather than 朱志.
        self._named = [
            re.compile(f"(?:{named}) ?(?P<name>(?:{surname}){signs})(?=了|{behind})") for signs in (given, given + "?")
        ]
        self._maybe = [re.compile(f"{cue}(?P<name>(?:{common}){signs})(?={behind})") for signs in (given, given + "?")]
        self._titled = re.compile(f"(?P<name>[小老]?(?P<who>(?:{common})(?:{given}?)?)(?:{titles}))(?!傅)")
        little = f"[小老阿](?:{common})"
        self._small = re.compile(f"(?<![大最多少太很不变年古养敬从微])(?P<name>{little})(?={behind}|没|电)")
        foreign = f"(?:{alone}|(?:{named}) ?|[给找叫是])(?P<name>[{sounds}]{{3,8}}?)"
        self._foreign = re.compile(f"(?:(?P<full>{_HANZI}{{1,6}}·{_HANZI}{{1,8}}?)|{foreign})(?={behind})")
        self._only = re.compile(f"姓(?P<name>{surname})(?!名)")
        self._roles = re.compile(words["roles"])

    @classmethod
    def load(cls, folder: Path, tags: Mapping[str, str]) -> "NameGrammar":
        """``names.yml`` of a lexicon."""
        return cls(yaml.safe_load((folder / NAMES_FILE).read_text(encoding="utf-8")), tags)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where names stand; the surest kind first, so that a later find may overlap an earlier one."""
        for match in _matches(self._named, text):
            if self._is_name(match["name"], sure=True):
                yield match.span("name")
        for match in self._titled.finditer(text):
            if self._is_title(match["who"]):
                yield match.span("name")
        people = bool(self._roles.search(text))
        for match in _matches(self._maybe, text):
            sure = people and not _HANZI_HERE.match(text, match.end())
            if self._is_name(match["name"], sure=sure) and (sure or self._sounds_like_one(match, text)):
                yield match.span("name")
        for match in self._small.finditer(text):
            if match["name"] not in self._never:
                yield match.span("name")
        for match in self._only.finditer(text):
            yield match.span("name")
        for match in self._foreign.finditer(text):
            span = match.span("full" if match["full"] else "name")
            if text[span[0] : span[0] + 2] not in self._never:
                yield span

    def _is_name(self, name: str, *, sure: bool) -> bool:
        """Whether nothing speaks against it; ``sure`` allows names that are words too, such as 高峰."""
        given = self._given_of(name)
        if name in self._never or name[:2] in self._never or not _NEVER_GIVEN.isdisjoint(given):
            return False
        kinds = _NO_NAME if sure else ()
        begins_with_word = len(given) == len(name) - 1 and self._is_word(name[:2], kinds)
        return not begins_with_word and not self._is_word(name, kinds)

    def _sounds_like_one(self, match: "re.Match[str]", text: str) -> bool:
        """Whether its signs are those of given names, and none of them begins the next word (钱作|为)."""
        given = self._given_of(match["name"])
        if len(given) == 1:
            next_word = text[match.end("name") - 1 : match.end("name") + 1]
            return given in self._given and not (len(next_word) > 1 and self._is_word(next_word))
        return self._given.issuperset(given) and not self._is_word(given, _NO_GIVEN_NAME)

    def _is_title(self, who: str) -> bool:
        given = self._given_of(who)
        return who[:2] not in self._never and self._given.issuperset(given) and not (given and self._is_word(who))

    def _given_of(self, name: str) -> str:
        match = self._surname.match(name)
        return name[match.end() :] if match else name

    def _is_word(self, text: str, kinds: tuple[str, ...] = ()) -> bool:
        """Whether the dictionary has it as anything but a person's name; ``kinds`` narrows to those parts of speech."""
        tag = self._tags.get(text)
        if tag is None or tag.startswith("nr"):
            return False
        return tag.startswith(kinds) if kinds else True


def _matches(regexes: "list[re.Pattern[str]]", text: str) -> "Iterator[re.Match[str]]":
    return (match for regex in regexes for match in regex.finditer(text))


def _any(alternatives: list[str]) -> str:
    """Longest first, so that 欧阳 is not taken for 欧."""
    return "|".join(sorted(alternatives, key=len, reverse=True))
