from __future__ import annotations

import pytest
from PIL import Image

from pim.demo import facts, plan
from pim.demo.pictures.certificate import certificate
from pim.demo.pictures.paths import points
from pim.demo.pictures.studio import shoot
from pim.demo.pictures.template import bounds, draw, whole
from pim.demo.source import settings

SHEETS = ("drawings/shoes", "drawings/boots", "drawings/goods")


def test_a_path_keeps_its_corners_and_cuts_curves_into_pieces():
    outline = points("M 0 0 L 10 0 C 10 5 5 10 0 10 Z")

    assert outline[:2] == ((0, 0), (10, 0))
    assert outline[-1] == pytest.approx((0, 10))
    assert len(outline) == 22


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_drawing_lies_on_its_sheet(sheet):
    for name, drawing in settings(sheet).items():
        left, top, right, bottom = bounds(drawing)
        assert 0 <= left < right <= 400, name
        assert 0 <= top < bottom <= 400, name


def test_every_kind_of_product_has_a_drawing():
    drawn = {name for sheet in SHEETS for name in settings(sheet)}
    kinds = [*settings("kinds").values(), *settings("accessories").values()]

    assert {kind["drawing"] for kind in kinds} <= drawn


def test_a_drawing_stands_on_light_ground_with_a_shadow():
    drawing = settings("drawings/shoes")["derby"]

    indexed = draw(drawing, whole(drawing))

    assert indexed.getpixel((5, 5)) == 16
    assert any(0 < indexed.getpixel((x, 1080)) < 16 for x in range(200, 1400, 10))


def test_a_style_is_photographed_in_each_colour_always_the_same(tmp_path):
    style = plan.styles(seed=1)[0]

    for name in ("one", "two"):
        shoot(tmp_path / name, [style])

    for colourway in style.colourways:
        for view in facts.views(style):
            path = tmp_path / "one" / "files" / colourway.code / f"{view}.jpg"
            again = tmp_path / "two" / "files" / colourway.code / f"{view}.jpg"
            assert path.read_bytes() == again.read_bytes()
            assert path.stat().st_size < 60_000
            with Image.open(path) as picture:
                assert picture.size == (800, 800)


def test_the_certificate_names_where_its_objects_stand(tmp_path):
    certificate(tmp_path / "certificate.pdf")

    written = (tmp_path / "certificate.pdf").read_bytes()
    start = int(written.rsplit(b"startxref\n", 1)[1].split()[0])
    first = int(written[start:].split(b"\n")[3].split()[0])

    assert written[start : start + 4] == b"xref"
    assert written[first : first + 7] == b"1 0 obj"
