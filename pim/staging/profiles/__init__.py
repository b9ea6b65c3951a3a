"""Import profiles: a shop's or a supplier's own sheet becomes rows in the flat format."""

from pim.staging.profiles.checks import faults
from pim.staging.profiles.document import read_profile
from pim.staging.profiles.options import NewOption
from pim.staging.profiles.profile import Column, Format, Models, Profile
from pim.staging.profiles.store import find, list_all, save
from pim.staging.profiles.suggestion import Guess, Suggestion, suggest

__all__ = [
    "Column",
    "Format",
    "Guess",
    "Models",
    "NewOption",
    "Profile",
    "Suggestion",
    "faults",
    "find",
    "list_all",
    "read_profile",
    "save",
    "suggest",
]
