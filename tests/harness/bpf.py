# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The bpf(2) system call, for tests that need no compiler and no library for it."""

import ctypes
import os
import platform

_NR_BPF = {"x86_64": 321, "aarch64": 280}
_libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    """A descriptor, or 0; of what the kernel writes only that behind a pointer is seen."""
    buffer = ctypes.create_string_buffer(attributes, 128)
    done = _libc.syscall(_NR_BPF[platform.machine()], command, buffer, 128)
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done
