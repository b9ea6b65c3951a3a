"""Save cells of products and models that somebody else may be editing at the same time."""

from __future__ import annotations

from pim.products.saving.edits import UNSEEN, CellEdit, Conflict, Edit, Saved, SaveResult
from pim.products.saving.service import save, save_all

__all__ = ["UNSEEN", "CellEdit", "Conflict", "Edit", "SaveResult", "Saved", "save", "save_all"]
