"""All of many words in one pass over a text: Aho and Corasick (1975); pure."""

from collections import deque
from collections.abc import Iterable, Iterator


class Automaton:
    """Finds every occurrence of every word, also those within each other.

    The time is that of reading the text once, however many words there are.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._fail = [0]
        self._ends: list[list[int]] = [[]]
        for word in set(words):
            self._add(word)
        self._link()

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of each occurrence, in the order of their ends."""
        state = 0
        for at, character in enumerate(text):
            while state and character not in self._next[state]:
                state = self._fail[state]
            state = self._next[state].get(character, 0)
            for length in self._ends[state]:
                yield at + 1 - length, at + 1

    def _add(self, word: str) -> None:
        state = 0
        for character in word:
            if character not in self._next[state]:
                self._next[state][character] = len(self._next)
                self._next.append({})
                self._fail.append(0)
                self._ends.append([])
            state = self._next[state][character]
        if word:
            self._ends[state].append(len(word))

    def _link(self) -> None:
        """Breadth first, so that what a state falls back to is linked before it."""
        waiting = deque(self._next[0].values())
        while waiting:
            state = waiting.popleft()
            for character, child in self._next[state].items():
                back = self._fail[state]
                while back and character not in self._next[back]:
                    back = self._fail[back]
                self._fail[child] = self._next[back].get(character, 0)
                self._ends[child] = self._ends[child] + self._ends[self._fail[child]]
                waiting.append(child)
