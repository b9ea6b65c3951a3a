"""A small PDF to attach to products."""

from __future__ import annotations

from pathlib import Path

LINES = (
    "Certificate of conformity (demo)",
    "The materials of this style were checked for harmful substances.",
    "This document belongs to an invented catalogue and certifies nothing.",
)


def certificate(path: Path) -> None:
    """Write a PDF of one page.

    Source: ISO 32000-1, annex H.3 ("simple text string").
    """
    text = b"BT /F1 14 Tf 72 760 Td 24 TL " + b" ".join(
        b"(%b) Tj T*" % line.replace("(", r"\(").replace(")", r"\)").encode("ascii")
        for line in LINES
    )
    fonts = b"/Resources << /Font << /F1 5 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %b >>" % fonts,
        b"<< /Length %d >>\nstream\n%b ET\nendstream" % (len(text) + 3, text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_file(objects))


def _file(objects: list[bytes]) -> bytes:
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        written
        + b"xref\n0 %d\n0000000000 65535 f \n%b" % (size, rows)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(written))
    )
