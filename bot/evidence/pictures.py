"""Pictures drawn anew: what comes out holds pixels and nothing else."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageOps

from bot.errors import AttachmentRefusedError
from bot.evidence.words import evidence_words

LONGEST_SIDE = 3000
MAX_PIXELS = 60_000_000
"""A phone of today takes 48 or 50 million; each of them needs 3 to 4 bytes while it is decoded."""

_READ_AS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/apng": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/heic": "HEIF",
}
_WRITTEN_AS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "GIF": "PNG", "HEIF": "JPEG"}
_OPTIONS: dict[str, dict[str, Any]] = {"JPEG": {"quality": 88, "optimize": True}, "PNG": {}, "WEBP": {"quality": 88}}
_PLAIN = {"RGB", "RGBA", "L"}
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, ArithmeticError)
"""What Pillow raises on damaged files, depending on the format."""


def can_open(media_type: str) -> bool:
    """Whether this Pillow decodes the type; HEIC needs a plug-in."""
    Image.init()
    return _READ_AS.get(media_type) in Image.OPEN


def drawn_anew(content: bytes, media_type: str) -> tuple[bytes, str, int, int]:
    """The picture upright, no side over `LONGEST_SIDE`, without metadata: bytes, media type, width, height.

    Only the first frame of a moving picture is kept.  Raises `AttachmentRefusedError`.
    """
    kind = _READ_AS[media_type]
    try:
        picture = _decoded(content, kind)
        written_as = _WRITTEN_AS[kind]
        encoded = _encoded(picture, written_as)
    except _BOMB as error:
        raise _too_many_pixels() from error
    except (*_BROKEN, struct.error, zlib.error) as error:
        raise AttachmentRefusedError(evidence_words().refusal("broken")) from error
    return encoded, f"image/{written_as.lower()}", picture.width, picture.height


def _decoded(content: bytes, kind: str) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=[kind]) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise _too_many_pixels()
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        plain = _plain(upright)
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return plain


def _plain(picture: Image.Image) -> Image.Image:
    """Grey, colour, or colour with transparency; a copy, so that nothing of the file hangs on to it."""
    if picture.mode in _PLAIN and "transparency" not in picture.info:
        return picture.copy()
    is_transparent = "A" in picture.getbands() or "transparency" in picture.info
    return picture.convert("RGBA" if is_transparent else "RGB")


def _encoded(picture: Image.Image, written_as: str) -> bytes:
    # Comments, EXIF, colour profiles and text chunks all travel in here.
    picture.info = {}
    picture.getexif().clear()
    flat = picture.convert("RGB") if written_as == "JPEG" and picture.mode == "RGBA" else picture
    out = io.BytesIO()
    flat.save(out, written_as, **_OPTIONS[written_as])
    return out.getvalue()


def _too_many_pixels() -> AttachmentRefusedError:
    return AttachmentRefusedError(evidence_words().refusal("too_many_pixels", limit=MAX_PIXELS // 10_000))
