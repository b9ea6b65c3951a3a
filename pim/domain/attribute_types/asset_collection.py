"""Pictures and files in an order that matters: the first is the main one."""

from __future__ import annotations

from typing import Any

from pim.domain.attribute_types.contract import EMPTY, CellFormat, Checked
from pim.domain.attribute_types.media import Media
from pim.domain.attribute_types.problems import wrong_type
from pim.domain.structure import Attribute, Structure


class AssetCollection(Media):
    """An ordered list of keys of stored files, each once; comma separated in cells."""

    code = "pim_catalog_asset_collection"
    name = "Asset collection"
    kind = "keys"
    has_items = True

    def check(self, data: Any, attribute: Attribute, structure: Structure) -> Checked:
        """Return the keys in their order, or why any is refused."""
        if data is None or data == "":
            return EMPTY
        if not isinstance(data, list | tuple) or not all(isinstance(key, str) for key in data):
            return Checked(None, [wrong_type(attribute.code, data, "a list of keys of files")])
        keys = list(dict.fromkeys(key.strip() for key in data if key.strip()))
        violations = [fault for key in keys for fault in self.file_faults(key, attribute)]
        return Checked(None, violations) if violations else Checked(keys or None)

    def read(
        self, text: str, attribute: Attribute, structure: Structure, fmt: CellFormat
    ) -> Checked:
        """Return the keys that the cell lists."""
        return self.check(text.split(","), attribute, structure)

    def write(self, data: Any) -> str:
        """Return the keys, separated by commas."""
        return ",".join(data)
