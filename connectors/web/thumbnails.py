"""Small forms of pictures, made when asked for and kept for a while."""

import asyncio
import io
from collections import OrderedDict

from PIL import Image

LONGEST_SIDE = 480
_KEPT = 256
_AT_ONCE = 2


class Thumbnails:
    """Thumbnails by the SHA-256 of their picture, the latest few hundred in memory."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def of(self, sha256: str, content: bytes) -> bytes:
        """A WebP of at most 480 pixels.  The picture was drawn anew when it was uploaded, so it can be opened."""
        if sha256 not in self._made:
            async with self._turns:
                self._made[sha256] = await asyncio.to_thread(_small, content)
        self._made.move_to_end(sha256)
        while len(self._made) > _KEPT:
            self._made.popitem(last=False)
        return self._made[sha256]


def _small(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as picture:
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        small = picture.convert("RGBA" if "A" in picture.getbands() else "RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80)
    return out.getvalue()
