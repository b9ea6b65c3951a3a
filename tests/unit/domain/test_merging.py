"""Two changes of one cell: merged where only one side changed it, a clash where both did."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from pim.domain.merging import NOTHING, Clash, Merged, merged

DATA = some.sampled_from([None, "a", "b", "c"])
PRICES = some.none() | some.dictionaries(some.sampled_from(["EUR", "GBP"]), some.sampled_from("12"))


@given(base=DATA, theirs=DATA, ours=DATA)
def test_a_cell_merges_unless_both_sides_changed_it_differently(
    base: str | None, theirs: str | None, ours: str | None
) -> None:
    result = merged(base, theirs, ours)

    if ours in (base, theirs):
        assert result == Merged()
    elif theirs == base:
        assert result == Merged(write=ours)
    else:
        assert result == Merged(clashes=(Clash(part="", base=base, theirs=theirs, ours=ours),))


@given(base=PRICES, theirs=PRICES, ours=PRICES)
def test_prices_merge_currency_by_currency(
    base: dict[str, str] | None, theirs: dict[str, str] | None, ours: dict[str, str] | None
) -> None:
    result = merged(base, theirs, ours, by_parts=True)

    written = {} if result.write is NOTHING else result.write
    clashing = {clash.part for clash in result.clashes}
    assert not clashing & set(written)
    for currency in ("EUR", "GBP"):
        single = merged(
            (base or {}).get(currency),
            (theirs or {}).get(currency),
            None if ours is None else ours.get(currency, (base or {}).get(currency)),
        )
        assert (currency in clashing) == bool(single.clashes)
        assert written.get(currency, NOTHING) == single.write


def test_what_somebody_is_known_to_have_seen_is_no_clash() -> None:
    was, now, wanted = ({"EUR": amount} for amount in "123")
    assert merged("a", "b", "c", known=["b"]) == Merged(write="c")
    assert merged(was, now, wanted, by_parts=True, known=[now]) == Merged(write=wanted)
