"""A made-up catalogue imports without a word, and its feeds are accepted."""

from __future__ import annotations

import json

from channels.feeds.service import apply_feed
from pim.generate import build
from pim.staging.imports import ImportOptions, ImportRun
from pim.structure import queries
from pim.structure.seeds import seed


def test_everything_is_created_and_nothing_is_wrong(work, settings, tmp_path):
    build.write(tmp_path, products=300, feed_count=8)
    seed(work)

    imported = ImportRun.begin(work, settings, [tmp_path], ImportOptions()).finish()

    assert imported.violations == []
    assert imported.files[f"{tmp_path}/products.csv"].created == 300
    structure = queries.current(work.session)
    statuses = [
        apply_feed(work, json.loads(path.read_text("utf-8")), structure).status
        for path in sorted((tmp_path / "feeds").iterdir())
    ]
    assert statuses == ["created"] * 8
