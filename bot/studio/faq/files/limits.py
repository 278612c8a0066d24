"""What may be uploaded: a file of a kind that is read here, not too big, and not too big once it is unpacked."""

import io
import zipfile
from pathlib import PurePath

from bot.errors import ImportFileError
from bot.studio.faq.words import refusal

MOST_BYTES = 10_000_000
MOST_UNPACKED = 80_000_000
MOST_PARTS = 2_000
SHEETS = frozenset({".xlsx", ".csv"})
DOCUMENTS = frozenset({".docx", ".md", ".markdown", ".txt"})


def kind_of(name: str, known: frozenset[str]) -> str:
    """The ending of a file's name, small.  Raises `ImportFileError` for one that is not read here."""
    kind = PurePath(name).suffix.lower()
    if kind not in known:
        raise ImportFileError(refusal("file_kind", kinds="、".join(sorted(known))))
    return kind


def refuse_too_big(content: bytes) -> None:
    """Raises `ImportFileError`."""
    if not content:
        raise ImportFileError(refusal("file_empty"))
    if len(content) > MOST_BYTES:
        raise ImportFileError(refusal("file_too_big", mb=MOST_BYTES // 1_000_000))


def refuse_bomb(content: bytes, *, what: str) -> None:
    """Look into a zip without unpacking it.  Raises `ImportFileError` where it is none, or would grow too big.

    The sizes are the archive's own word, and no more than that is ever unpacked of a part.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ImportFileError(refusal("file_unreadable", what=what)) from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise ImportFileError(refusal("file_bomb"))


def text_of(content: bytes) -> str:
    """UTF-8 with or without BOM, else what Chinese Windows writes.  Raises `ImportFileError` for what is no text."""
    if b"\0" in content:
        raise ImportFileError(refusal("file_no_text"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise ImportFileError(refusal("file_no_text"))
