"""Objects that all machines share, in S3 or whatever speaks it; nothing on a single machine."""

from __future__ import annotations

from pim.storage.bucket import Bucket, Found, Listed, together
from pim.storage.opening import bucket_of

__all__ = ["Bucket", "Found", "Listed", "bucket_of", "together"]
