"""A file of any kind: a manual, a certificate, a sound."""

from __future__ import annotations

from pim.domain.attribute_types.media import Media


class File(Media):
    """The key of a stored file."""

    code = "pim_catalog_file"
    name = "File"
