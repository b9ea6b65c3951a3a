"""Run a module as a child that ends with its parent: `python -m pim.web.child PARENT MODULE ...`.

A parent that is killed outright ends nobody. Its orphans would keep the port, so that no new
server could begin.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import runpy
import signal
import sys

#: Of prctl(2): the signal that a process gets when its parent dies. Linux only.
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Bind this process to its parent, then become the module."""
    parent, module = int(sys.argv[1]), sys.argv[2]
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before it could be heard of
        sys.exit("The process that started this one is gone.")
    sys.argv[:] = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
