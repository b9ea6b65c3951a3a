"""What a storage answers when it does not do what it was asked, in words for people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from pim.errors import Conflict, NotFound, Retryable

#: Characters shown of what the storage said.
SHOWN = 300


@contextmanager
def told(url: str, key: str) -> Iterator[None]:
    """Turn what the storage raises into our errors.

    Raises NotFound for an object that is not there, Conflict for a conditional write that came too
    late, Retryable for everything else: outages end, and so do wrong rights once mended.
    """
    place = f"{url}/{key}".rstrip("/")
    try:
        yield
    except (FileNotFoundError, NotFoundError) as error:
        if "NoSuchBucket" in str(error):
            raise Retryable(
                f"{url} names a bucket that does not exist: create it first."
            ) from error
        raise NotFound(f"The storage has no {place}.") from error
    except (AlreadyExistsError, PreconditionError) as error:
        raise Conflict(f"Another machine has written {place} meanwhile.") from error
    except (PermissionError, PermissionDeniedError, UnauthenticatedError) as error:
        raise Retryable(
            f"The storage refuses {place}: check the access key, its secret and its rights "
            f"(reading, writing, listing, deleting). It said: {_words(error)}"
        ) from error
    except BaseError as error:
        raise Retryable(
            f"The storage did not serve {place}: check that it runs and can be reached, then try "
            f"again. It said: {_words(error)}"
        ) from error


def _words(error: Exception) -> str:
    """Return the first line of an error, cut short."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:SHOWN]
