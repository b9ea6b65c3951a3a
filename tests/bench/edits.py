"""Bulk edits over the whole catalogue: preview, run, undo; and the small ones of other steps."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.bench.by_row import update_by_orm
from tests.bench.catalogue import PART, rewritten
from tests.bench.limits import copy_seconds
from tests.bench.place import Place
from tests.bench.rows import Budget, Ends, Measured
from tests.bench.step import Step

#: Every product of the catalogue.
EVERYTHING: Final = json.dumps({"field": "sku", "operator": "NOT EMPTY"})
_BULK: Final = Budget(text="20,000 products/s", rate=20_000)


def set_on_all(place: Place, *extra: str) -> tuple[dict[str, Any], float]:
    """Set one value of one channel on every product."""
    do = [{"type": "set", "field": "badge", "scope": "web", "value": "badge_07"}]
    return place.pim("bulk", "--where", EVERYTHING, "--do", json.dumps(do), *extra)


def _preview(place: Place) -> Measured:
    """Count what a bulk edit would do, exactly, and write nothing."""
    answer, seconds = set_on_all(place, "--dry-run")
    place.remember("previewed", answer)
    return Measured(count=place.size, seconds=seconds, note=f"{answer['changed']:,} would change")


def _set(place: Place) -> Measured:
    """Do it."""
    answer, seconds = set_on_all(place)
    place.remember("bulk", answer)
    foreseen = place.recall("previewed")["changed"]
    if answer["changed"] != foreseen:
        raise RuntimeError(f"{answer['changed']} changed, the preview said {foreseen}")
    return Measured(count=answer["written"], seconds=seconds)


def change_set_of_all(place: Place) -> int:
    """Return the change set of the bulk edit."""
    return int(place.recall("bulk")["change_set"])


def _copied(place: Place) -> Ends:
    with place.engine() as engine:
        seconds = copy_seconds(engine, place.scratch, rewritten(change_set_of_all(place)))
    limit = place.size / PART / seconds
    place.remember("rewritten", limit)
    return Ends(limit=limit, by_row=update_by_orm(place))


def _undo(place: Place) -> Measured:
    """Undo it."""
    done = place.recall("bulk")
    answer, seconds = place.pim("undo", str(done["change_set"]))
    if answer["kept"] or answer["restored"] != done["written"]:
        raise RuntimeError(f"{answer['restored']} restored, {answer['kept']} kept")
    return Measured(count=answer["restored"], seconds=seconds)


def _copied_before(place: Place) -> Ends:
    return Ends(limit=place.recall("rewritten"))


def _prices(place: Place) -> Measured:
    """Lower all prices by a fifth, ending in .99, at whichever level owns them."""
    do = {"type": "calculate", "field": "price", "currency": "EUR", "percent": -20}
    do["round"] = {"ending": "0.99"}
    answer, seconds = place.pim("bulk", "--where", EVERYTHING, "--do", json.dumps([do]))
    if not answer["written"]:
        raise RuntimeError(f"No price was written: {answer}")
    note = f"{answer['written']:,} owners written"
    return Measured(count=answer["selected"], seconds=seconds, note=note)


def refresh(place: Place) -> None:
    """Bring the projection up to date, so that no step pays for the one before."""
    with place.projection() as projection:
        projection.refresh()


def scattered(place: Place, count: int) -> list[str]:
    """Return SKUs that lie far apart."""
    with place.projection() as projection, projection.read() as reading:
        found = reading.frame(["identifier"])["identifier"]
    return found.gather_every(max(1, len(found) // count))[:count].to_list()


def change(place: Place, skus: list[str], *, stock: str) -> int:
    """Set the stock of products; return how many changed."""
    where = json.dumps({"field": "sku", "operator": "IN", "value": skus})
    do = json.dumps([{"type": "set", "field": "stock_quantity", "value": stock}])
    answer, _ = place.pim("bulk", "--where", where, "--do", do)
    return int(answer["written"])


BEFORE: Final = {
    "bulk: preview of one value on all": Step(measure=_preview, budget=_BULK),
    "bulk: set one value on all": Step(measure=_set, ends=_copied, budget=_BULK),
}
AFTER: Final = {
    "undo of it": Step(measure=_undo, ends=_copied_before, budget=_BULK),
    "bulk: all prices 20 % down": Step(prepare=refresh, measure=_prices),
}
