"""Whether a column may hold characters that XML forbids: told from its bytes, all at once.

Hardly any column does, and the regular expression that finds them takes longer than all other
checks of a title together.
"""

from __future__ import annotations

import numpy as np
import polars as pl

#: Tab, line feed and carriage return are the only characters below the blank that XML knows.
ALLOWED = (9, 10, 13)
#: The first byte of U+FFFE and U+FFFF in UTF-8, and of many harmless characters.
LEAD = 0xEF


def may_hold_forbidden(texts: pl.Series) -> bool:
    """Tell whether any text may hold a forbidden character; False is certain."""
    arrow = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = arrow.buffers()
    if data is None or not len(arrow):
        return False
    ends = np.frombuffer(offsets, dtype=np.int64)
    read = np.frombuffer(data, dtype=np.uint8)
    read = read[ends[arrow.offset] : ends[arrow.offset + len(arrow)]]
    low = read[read < ord(" ")]
    return not np.isin(low, ALLOWED).all() or bool((read == LEAD).any())
