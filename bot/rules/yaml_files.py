"""Tables as YAML files, one each, named after the table; problems name the line."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.rules.documents import Reader, document_of
from bot.rules.problems import Draft, Places, Problem
from bot.rules.problems import Path as At
from bot.rules.table import Table

_MOST_CHARACTERS = 1_000_000
_DEEPEST = 10
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_files(files: Mapping[str, str], known: Mapping[str, Table] | None = None) -> Draft:
    """A draft out of file names and their texts.

    Parameters
    ----------
    known: tables whose columns are taken from here, so that a file need not have them.
    """
    tables: dict[str, Table] = {}
    places: dict[str, Places] = {}
    problems: list[Problem] = []
    for name, content in sorted(files.items()):
        document, at, found = _parse(name, content)
        problems += found
        if found:
            continue
        reader = Reader(document, at, name=Path(name).stem)
        table = reader.table((known or {}).get(reader.name))
        problems += reader.problems
        if table.name in tables:
            problems.append(Problem(table.name, "", "", "这张表出现了两次", at.of(())))
        tables[table.name], places[table.name] = table, at
    return Draft(tables, tuple(problems), places)


def read_paths(paths: Iterable[Path], known: Mapping[str, Table] | None = None) -> Draft:
    return read_files({path.name: path.read_text(encoding="utf-8") for path in paths}, known)


def write_files(tables: Iterable[Table]) -> dict[str, str]:
    """File names and their texts, which read as the same tables."""
    return {f"{table.name}.yml": yaml_text(table) for table in tables}


def yaml_text(table: Table) -> str:
    """A table as it is edited: each column, condition and outcome on a line of its own."""
    document = document_of(table)
    for side in ("inputs", "outputs"):
        document[side] = [_OneLine(column) for column in document[side]]
        for column in document[side]:
            if "choices" in column:
                column["choices"] = dict(column["choices"])
    for row in document["rows"]:
        for side in ("when", "then"):
            if side in row:
                row[side] = _OneLine(row[side])
    return str(yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120))


class _OneLine(dict[str, Any]):
    """Written in braces."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(
    _OneLine, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True)
)


def _parse(name: str, content: str) -> tuple[Any, Places, list[Problem]]:
    """The plain values of a file, the line of each, and why it could not be read."""
    table = Path(name).stem
    try:
        refused = _refused(content)
        if refused:
            return None, Places(name), [Problem(table, "", "", refused, name)]
        loader = _Loader(content)
        try:
            root = loader.get_single_node()
            document = loader.construct_document(root) if root else None
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError) as error:
        return None, Places(name), [_broken(name, error)]
    at = Places(f"{name}:1", {path: f"{name}:{line}" for path, line in _lines(root, ())})
    return document, at, [Problem(table, "", "", f"“{key}”写了两次", f"{name}:{line}") for key, line in _twice(root)]


def _refused(content: str) -> str:
    """Why a file is not read at all: what is too big, too deep, or refers to itself could be made to stop us."""
    if len(content) > _MOST_CHARACTERS:
        return "文件过大"
    depth = 0
    for event in yaml.parse(content, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            return "不支持 YAML 的引用（*）"
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            return "内容嵌套过深"
    return ""


def _lines(node: yaml.Node | None, path: At) -> Iterator[tuple[At, int]]:
    """The line of every value below a node."""
    if node is None:
        return
    yield path, int(node.start_mark.line) + 1
    for name, child in _children(node):
        yield from _lines(child, (*path, name))


def _twice(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Keys that YAML would silently overwrite, with their lines."""
    seen: set[str | int] = set()
    for name, child in _children(node) if node else ():
        if name in seen:
            yield str(name), int(child.start_mark.line) + 1
        seen.add(name)
        yield from _twice(child)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), value
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)


def _broken(name: str, error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    return Problem(Path(name).stem, "", "", f"YAML 格式有误：{what}", f"{name}:{mark.line + 1 if mark else 1}")
