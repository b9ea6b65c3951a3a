"""A one-way link to a product or a product model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pim.domain.attribute_types.characters import illegal_character
from pim.domain.attribute_types.contract import EMPTY, AttributeType, CellFormat, Checked
from pim.domain.attribute_types.problems import problem, wrong_type
from pim.domain.structure import Attribute, Structure
from pim.domain.violations import Violation

TARGETS: Final = ("product", "product_model")


class ProductLink(AttributeType):
    """{"type": "product" or "product_model", "identifier": text}; "product:SKU-1" in cells.

    Whether the target exists is asked where products are known. A cell without a known type before
    the colon names a product.
    """

    code = "pim_catalog_product_link"
    name = "Product link"
    kind = "link"

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return type and identifier, or why they are refused."""
        if data is None:
            return EMPTY
        if not isinstance(data, Mapping) or set(data) != {"type", "identifier"}:
            return Checked(
                None, [wrong_type(attribute.code, data, "an object of type and identifier")]
            )
        target, identifier = data["type"], data["identifier"]
        if target not in TARGETS or not isinstance(identifier, str):
            return Checked(None, [_bad_link(data, attribute)])
        stripped = identifier.strip()
        violations = illegal_character(stripped, attribute.code)
        if violations or not stripped:
            return Checked(None, violations)
        return Checked({"type": target, "identifier": stripped})

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the link that the cell spells."""
        target, colon, identifier = text.strip().partition(":")
        if not colon or target not in TARGETS:
            target, identifier = "product", text
        return self.check({"type": target, "identifier": identifier}, attribute, structure)

    def write(self, data: Any) -> str:
        """Return type and identifier with a colon between."""
        return f"{data['type']}:{data['identifier']}"


def _bad_link(data: Mapping[str, Any], attribute: Attribute) -> Violation:
    return problem(
        "bad_link",
        attribute.code,
        "{value} does not name a product or a product model.",
        data,
        mend="Give type as product or product_model, and identifier as text.",
    )
