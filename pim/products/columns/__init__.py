"""Attribute types over whole columns, for imports and bulk work.

The scalar checks of `pim.domain.attribute_types` say what is right; the rules here take what is
plainly right at columnar speed and leave the rest to them.
"""

from __future__ import annotations

from pim.products.columns.parse import parse_column
from pim.products.columns.result import VIOLATIONS, ColumnResult, as_violation

__all__ = ["VIOLATIONS", "ColumnResult", "as_violation", "parse_column"]
