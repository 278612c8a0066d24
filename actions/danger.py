"""Words of somebody whose life is in danger: nothing else matters then."""

import re

_ENDING_LIFE = re.compile(
    r"不想活|活不下去|活着没意思|自杀(?!式)|[輕轻]生|跳楼(?!价|价格|[大]?甩|清仓)|了结自己|结束(?:自己的)?生命|割腕"
)


def speaks_of_ending_life(words: str) -> bool:
    return _ENDING_LIFE.search(words) is not None
