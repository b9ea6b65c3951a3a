"""Open the storage that the settings name, once per process."""

from __future__ import annotations

from functools import lru_cache

from pim.errors import PimError
from pim.settings import Settings
from pim.storage.bucket import Bucket

SCHEME = "s3://"


def bucket_of(settings: Settings) -> Bucket | None:
    """Return the storage that all machines share, None when files stay on this machine.

    Nothing is asked of the storage yet. Raises PimError for a URL that names neither a folder
    (file://) nor S3.
    """
    url = settings.storage_url
    if url is None or url.startswith("file://"):
        return None
    if not url.startswith(SCHEME) or not url.removeprefix(SCHEME).strip("/"):
        raise PimError(
            f"PIM_STORAGE_URL is {url}: give s3://bucket/prefix, or file:///folder for media on "
            "this machine."
        )
    return _opened(url.rstrip("/"), settings.storage_endpoint, settings.storage_timeout)


@lru_cache(maxsize=4)
def _opened(url: str, endpoint: str | None, timeout: float) -> Bucket:
    return Bucket(url, endpoint=endpoint, timeout=timeout)
