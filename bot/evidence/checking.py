"""What may become evidence: files judged by what they hold, not by what they are called."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

import filetype

from bot.errors import AttachmentRefusedError, AttachmentTooBigError
from bot.evidence.pictures import can_open, drawn_anew
from bot.evidence.words import evidence_words

MIB = 1024 * 1024
DEFAULT_LIMIT = 25 * MIB

PICTURES = {"image/jpeg", "image/png", "image/apng", "image/webp", "image/gif", "image/heic"}
RECORDINGS = {"video/mp4", "audio/mpeg", "audio/mp4", "audio/amr", "audio/x-wav"}
DOCUMENTS = {"application/pdf"}

SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "video/mp4": ".mp4",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/amr": ".amr",
    "audio/x-wav": ".wav",
}
_VAGUE = {"", "application/octet-stream", "binary/octet-stream"}
_STEM_CHARS = 80


@dataclass(frozen=True)
class Checked:
    """A file fit to be kept.  ``width`` and ``height`` in pixels, pictures only."""

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None


def checked(content: bytes, declared_type: str = "", *, limit: int = DEFAULT_LIMIT) -> Checked:
    """The file as it will be kept; pictures are drawn anew.  Takes seconds for a large photo.

    Parameters
    ----------
    declared_type: what the sender calls it; it must be of the same family as the content unless it says nothing.
    limit: bytes.

    Raises `AttachmentRefusedError`, whose message is for the sender.
    """
    if len(content) > limit:
        raise too_big(limit)
    if not content:
        raise _refused("empty")
    media_type = _type_of(content)
    _refuse_other_family(declared_type, media_type)
    if media_type in PICTURES:
        return Checked(*drawn_anew(content, media_type))
    return Checked(content, media_type)


def too_big(limit: int) -> AttachmentTooBigError:
    return AttachmentTooBigError(evidence_words().refusal("too_big", limit=limit // MIB))


def safe_name(name: str, media_type: str) -> str:
    """A name without paths, control or direction characters that ends as its content demands; else 附件.jpg."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/"))
    stem = PurePosixPath(plain).stem
    kept = "".join(char for char in stem if unicodedata.category(char)[0] not in "CZ" or char == " ")
    kept = re.sub(r'[<>:"/|?*%;]+', "_", kept).strip(" ._")[:_STEM_CHARS].strip(" ._")
    return f"{kept or '附件'}{SUFFIXES[media_type]}"


def _type_of(content: bytes) -> str:
    """By its first bytes.  What is scriptable text (HTML, SVG) has no such bytes and is refused with the rest."""
    media_type = str(filetype.guess_mime(content[:8192]) or "")
    if media_type == "image/heic" and not can_open(media_type):
        raise _refused("heic")
    if media_type not in PICTURES | RECORDINGS | DOCUMENTS:
        raise _refused("type")
    return media_type


def _refuse_other_family(declared_type: str, media_type: str) -> None:
    declared = declared_type.partition(";")[0].strip().lower()
    # A recording of sound alone is often called a video, and the other way round.
    families = {declared.partition("/")[0], media_type.partition("/")[0]}
    if declared not in _VAGUE and len(families) > 1 and families != {"audio", "video"}:
        raise _refused("other_type")


def _refused(reason: str) -> AttachmentRefusedError:
    return AttachmentRefusedError(evidence_words().refusal(reason))
