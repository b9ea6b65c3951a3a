"""Backups: one file with database, media and published feeds, of one moment, and the way back."""

from __future__ import annotations

from pim.operations.backup.dumping import BackupResult, back_up
from pim.operations.backup.restoring import MARK, RestoreResult, restore
from pim.operations.backup.verifying import Verified, verify

__all__ = ["MARK", "BackupResult", "RestoreResult", "Verified", "back_up", "restore", "verify"]
