"""`pim storage`: a storage is tried out, and a machine that was alone gives what it has."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image

from pim.assets.storage import Storage
from pim.projection import Projection
from tests.integration.machines.conftest import Machine


def test_the_storage_is_tried_out_from_the_command_line(one: Machine) -> None:
    tried = one.pim("storage", "check")

    assert len(tried) == 6
    assert [each["problem"] for each in tried] == [None] * 6


def test_a_machine_that_was_alone_gives_what_it_has(one, other, tmp_path):
    alone = replace(one, settings=replace(one.settings, storage_url=None), processes=[])
    first = publish_alone(alone)
    picture = tmp_path / "derby.png"
    Image.new("RGB", (4, 4)).save(picture)
    key = Storage.from_settings(alone.settings).put(picture)
    alone.projection.close()

    sent = one.pim("storage", "push")

    assert sent == {"media": 1, "publications": {"shop": [first]}}
    assert other.folder().pointed() == first
    assert Storage.from_settings(other.settings).exists(key)
    again = other.publish()
    assert (again.unchanged, again.added) == (11, 0)
    assert one.pim("storage", "push") == {"media": 0, "publications": {"shop": []}}


def publish_alone(machine: Machine) -> int:
    machine.projection = Projection.from_settings(machine.settings, machine.engine)
    return machine.publish().id
