"""Media of a made-up catalogue: plain pictures and short certificates, shared by many products."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from pim.generate.cells import certificates, pictures

SIDE = 64

_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj
trailer<</Root 1 0 R>>
%% generated """


def write_media(folder: Path) -> None:
    """Write every file that cells name, below the folder."""
    (folder / "files").mkdir(exist_ok=True)
    for number, name in enumerate(pictures()):
        colour = (number * 37 % 256, number * 91 % 256, number * 53 % 256)
        Image.new("RGB", (SIDE, SIDE), colour).save(folder / name)
    for name in certificates():
        (folder / name).write_bytes(_PDF + name.encode() + b"\n%%EOF\n")
