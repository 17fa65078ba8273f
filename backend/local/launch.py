"""Become a server that never outlives the process which started it.

Run as a script, `python -I -S launch.py PARENT DEATH_SIGNAL UID GID COMMAND…`, by `processes.spawn` only. A launcher
rather than `preexec_fn`, because code between fork and exec may deadlock in a process with threads; and the user is
changed here rather than by `subprocess`, because the kernel forgets the death signal when a process changes its user.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
SAME_USER = -1


def main() -> None:
    parent, death_signal, uid, gid = (int(word) for word in sys.argv[1:5])
    command = sys.argv[5:]
    if uid != SAME_USER:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel knew that we care
        sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - the commands are our own
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
