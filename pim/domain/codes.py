"""What codes may look like, and which attribute codes mean something already."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 100

CODE: Final = re.compile(r"[A-Za-z0-9_]{1,100}")
#: Options never stand in headers of flat files, so a hyphen does no harm there.
OPTION_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
LOCALE_CODE: Final = re.compile(r"[A-Za-z]{2,3}(_[A-Za-z0-9]{2,8}){0,3}")
CURRENCY_CODE: Final = re.compile(r"[A-Z]{3}")

#: Fields of conditions and columns of product files: an attribute of that name could not be told
#: apart from them.
RESERVED_ATTRIBUTES: Final = frozenset(
    {
        "associations",
        "categories",
        "category",
        "change_set",
        "code",
        "completeness",
        "created",
        "enabled",
        "family",
        "family_variant",
        "groups",
        "id",
        "identifier",
        "level",
        "parent",
        "product_models",
        "products",
        "published_in",
        "quality",
        "quantified_associations",
        "rejected_by",
        "updated",
        "uuid",
        "values",
    }
)  # fmt: skip


def is_reserved(code: str) -> bool:
    """Tell whether an attribute may not bear this code."""
    return code.casefold() in RESERVED_ATTRIBUTES
