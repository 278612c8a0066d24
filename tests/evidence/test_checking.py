import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bot.errors import AttachmentRefusedError, AttachmentTooBigError
from bot.evidence import pictures
from bot.evidence.checking import checked, safe_name
from bot.evidence.words import evidence_words
from tests.evidence.builders import make_picture

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 300
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 300
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 32
AMR = b"#!AMR\n" + b"\x00" * 64


def refusal(content: bytes, declared: str = "", **limits: int) -> str:
    with pytest.raises(AttachmentRefusedError) as refused:
        checked(content, declared, **limits)
    return str(refused.value)


def reopened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/png")],
)
def test_a_picture_is_kept_as_a_picture_of_the_same_size(kind, becomes):
    file = checked(make_picture(kind), f"image/{kind.lower()}")

    assert (file.media_type, file.width, file.height) == (becomes, 40, 30)
    red, _, blue = reopened(file.content).convert("RGB").getpixel((5, 5))
    assert red > 200 > 60 > blue


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PDF, "application/pdf"), (MP4, "video/mp4"), (WAV, "audio/x-wav"), (AMR, "audio/amr")],
)
def test_documents_and_recordings_are_kept_byte_by_byte(content, media_type):
    file = checked(content)

    assert (file.content, file.media_type, file.width) == (content, media_type, None)


def test_nothing_of_where_and_how_a_photo_was_taken_is_kept():
    exif = Image.Exif()
    exif[0x010F] = "手机"
    exif.get_ifd(0x8825)[2] = (30.0, 16.0, 0.0)
    photo = make_picture(exif=exif, comment=b"secret comment", icc_profile=b"profile" * 40)

    kept = checked(photo).content

    assert b"Exif" in photo
    assert not dict(reopened(kept).getexif())
    assert [mark for mark in (b"Exif", b"secret", b"ICC_PROFILE") if mark in kept] == []


def test_text_hidden_in_a_png_or_after_its_end_is_gone():
    hidden = PngImagePlugin.PngInfo()
    hidden.add_text("Comment", "<script>alert(1)</script>")
    picture = make_picture("PNG", pnginfo=hidden) + b"<?php evil(); ?>"

    kept = checked(picture).content

    assert b"script" in picture
    assert (b"script" in kept, b"php" in kept) == (False, False)


def test_a_photo_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6

    file = checked(make_picture(exif=exif))

    assert (file.width, file.height) == (30, 40)


def test_a_large_photo_is_made_smaller_and_keeps_its_shape(monkeypatch):
    monkeypatch.setattr(pictures, "LONGEST_SIDE", 100)

    file = checked(make_picture(size=(400, 200)))

    assert (file.width, file.height) == (100, 50)


def test_a_moving_picture_keeps_its_first_frame():
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])

    kept = reopened(checked(out.getvalue()).content)

    assert getattr(kept, "n_frames", 1) == 1
    assert kept.convert("RGB").getpixel((3, 3)) == (255, 0, 0)


@pytest.mark.parametrize(("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("LA", "PNG"), ("1", "PNG")])
def test_unusual_ways_to_hold_colours_are_understood(mode, kind):
    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, kind)

    assert checked(out.getvalue()).width == 8


def test_transparency_survives():
    kept = checked(make_picture("PNG", mode="RGBA")).content

    assert reopened(kept).mode == "RGBA"


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"MZ\x90\x00" + b"\x00" * 100,
        b"PK\x03\x04" + b"\x00" * 100,
        b"II*\x00" + b"\x00" * 100,
        "装箱照片".encode(),
        b"#!/bin/sh\n",
    ],
)
def test_what_is_no_picture_recording_or_pdf_is_refused_whatever_it_calls_itself(content):
    assert refusal(content, "image/jpeg") == evidence_words().refusal("type")


def test_a_heic_photo_is_refused_with_what_to_do():
    assert not pictures.can_open("image/heic")
    assert refusal(HEIC, "image/heic") == evidence_words().refusal("heic")


def test_a_file_of_another_family_than_it_says_is_refused():
    assert refusal(PDF, "image/png") == evidence_words().refusal("other_type")
    assert checked(make_picture("PNG"), "image/jpeg; charset=binary").media_type == "image/png"
    assert checked(PDF, "application/octet-stream").media_type == "application/pdf"


def test_an_empty_and_an_oversized_file_are_refused():
    assert refusal(b"") == evidence_words().refusal("empty")
    with pytest.raises(AttachmentTooBigError, match="25 MB"):
        checked(b"\x00" * (25 * 1024 * 1024 + 1))


def test_a_picture_that_would_fill_the_memory_is_refused_unopened():
    bomb = make_bomb(30_000, 30_000)

    assert len(bomb) < 1_000
    assert refusal(bomb) == evidence_words().refusal("too_many_pixels", limit=6000)
    assert refusal(make_bomb(8_000, 8_000)) == evidence_words().refusal("too_many_pixels", limit=6000)
    assert refusal(make_bomb(10_000, 10_000)) == evidence_words().refusal("too_many_pixels", limit=6000)


def make_bomb(width: int, height: int) -> bytes:
    """A PNG that claims this size; its data would be read line by line."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_that_breaks_off_is_refused(kind):
    whole = make_picture(kind, size=(300, 300))

    assert refusal(whole[: len(whole) // 2]) == evidence_words().refusal("broken")


SOUND = [make_picture(kind, size=(24, 24)) for kind in ("JPEG", "PNG", "WEBP", "GIF")]


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(SOUND),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=8),
    st.integers(0, 40),
)
def test_a_damaged_picture_is_drawn_anew_or_refused_and_nothing_else(picture, changes, cut):
    damaged = bytearray(picture[: len(picture) - cut])
    for place, value in changes:
        damaged[place % len(damaged)] = value

    try:
        file = checked(bytes(damaged))
    except AttachmentRefusedError:
        return

    assert file.media_type in {"image/jpeg", "image/png", "image/webp", "application/pdf", "audio/mpeg"}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("破损.JPG", "破损.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\照片\\外包装.png", "外包装.jpg"),
        ("a\u202egpj.exe", "agpj.jpg"),
        ('a"; filename="b.html', "a_ filename=_b.jpg"),
        ("", "附件.jpg"),
        ("...", "附件.jpg"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie_ x.jpg"),
        ("长" * 300 + ".jpg", "长" * 80 + ".jpg"),
    ],
)
def test_a_name_is_only_a_name(name, safe):
    assert safe_name(name, "image/jpeg") == safe


@given(st.text())
def test_whatever_a_file_is_called_its_name_is_safe(name):
    safe = safe_name(name, "application/pdf")

    assert safe.endswith(".pdf")
    assert len(safe) <= 84
    assert not set(safe) & set('/\\:*?"<>|;%\r\n\x00')
