# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Bytes that a process's TCP connection received, taken away behind its back."""

import contextlib
import ctypes
import os
import select
import socket

PIDFD_GETFD = 438  # asm-generic/unistd.h; the same on every architecture


@contextlib.contextmanager
def copies_of_sockets(pid):
    """The process's sockets as our own: reads of them are reads of its bytes."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    with contextlib.ExitStack() as undo:
        undo.callback(os.close, process)
        sockets = []
        for name in os.listdir(f"/proc/{pid}/fd"):
            if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                continue
            fd = libc.syscall(PIDFD_GETFD, process, int(name), 0)
            if fd < 0:
                raise OSError(ctypes.get_errno(), "pidfd_getfd")
            sockets.append(undo.enter_context(contextlib.closing(socket.socket(fileno=fd))))
        yield sockets


def steal(pid, peer_port, count):
    """Reads bytes of the connection whose other end has that port, once they arrive."""
    with copies_of_sockets(pid) as sockets:
        for each in sockets:
            with contextlib.suppress(OSError):  # not connected
                if each.getpeername()[1] != peer_port:
                    continue
                assert select.select([each], [], [], 5)[0], "nothing arrived to be stolen"
                return each.recv(count, socket.MSG_DONTWAIT)
    raise AssertionError(f"no connection from port {peer_port}")
