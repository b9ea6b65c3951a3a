"""A picture."""

from __future__ import annotations

from pim.domain.attribute_types.media import Media


class Image(Media):
    """The key of a stored picture."""

    code = "pim_catalog_image"
    name = "Image"
    extensions = (
        *("gif", "jfif", "jif", "jpeg", "jpg", "pdf", "png", "psd", "tif", "tiff"),
        *("avif", "svg", "webp"),
    )
