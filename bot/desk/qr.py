"""QR codes for authenticators."""

import io

import segno


def qr_svg(text: str) -> str:
    """An SVG without size or script, black on white in any theme: cameras need the contrast."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", border=3, light="#fff", xmldecl=False, svgns=True, omitsize=True)
    return out.getvalue().decode()
