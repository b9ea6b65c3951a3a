"""One owner of the transaction: services change and flush, the unit of work commits.

Work that must follow the commit (a job, a file's removal) is registered and runs after it.
Only jobs that go chunk by chunk call `Work.commit` themselves, once per chunk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session


def utc_now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Work:
    """What a service needs to act: a session, who acts (a user's id, None for the system), a clock.

    In a dry run every commit is a flush and the end is a roll-back, so the same code runs.
    """

    session: Session
    actor: int | None = None
    clock: Callable[[], datetime] = utc_now
    dry_run: bool = False
    _followers: list[Callable[[], object]] = field(default_factory=list, repr=False)
    _guards: list[Callable[[], object]] = field(default_factory=list, repr=False)

    @contextlib.contextmanager
    def guarded(self, guard: Callable[[], object]) -> Iterator[None]:
        """Call `guard` before every commit while the block lasts; what it raises prevents it."""
        self._guards.append(guard)
        try:
            yield
        finally:
            self._guards.remove(guard)

    def after_commit(self, follower: Callable[[], object]) -> None:
        """Call `follower` once after the next commit, and never if there is none."""
        self._followers.append(follower)

    def commit(self) -> None:
        """Commit, then call the followers, all of them even if one fails.

        Raises ExceptionGroup with the failures of followers; the data is committed all the same.
        """
        if self.dry_run:
            self.session.flush()
            return
        for guard in self._guards:
            guard()
        self.session.commit()
        followers, self._followers = self._followers, []
        failures = [failure for follower in followers if (failure := _failure_of(follower))]
        if failures:
            raise ExceptionGroup("Work that follows a commit has failed", failures)

    def rollback(self) -> None:
        """Undo what was not committed, and forget its followers."""
        self._followers.clear()
        self.session.rollback()


@contextlib.contextmanager
def unit_of_work(
    engine: Engine,
    *,
    actor: int | None = None,
    clock: Callable[[], datetime] = utc_now,
    dry_run: bool = False,
) -> Iterator[Work]:
    """Yield a Work that commits when the block succeeds and rolls back when it raises.

    Objects stay readable after a commit (nothing expires), so that chunked work keeps its run row.
    """
    with Session(engine, expire_on_commit=False) as session:
        work = Work(session=session, actor=actor, clock=clock, dry_run=dry_run)
        try:
            yield work
            if not dry_run:
                work.commit()
        finally:
            work.rollback()


def _failure_of(follower: Callable[[], object]) -> Exception | None:
    try:
        follower()
    except Exception as error:  # noqa: BLE001 - the others must run too; it is raised at the end
        return error
    return None
