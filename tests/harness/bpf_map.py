# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A pinned BPF map, read and written by the bpf(2) system call itself."""

import contextlib
import ctypes
import os
import struct

from harness.bpf import bpf

_LOOKUP, _UPDATE, _DELETE, _NEXT, _OBJ_GET, _INFO = 1, 2, 3, 4, 7, 15


class BpfMap:
    def __init__(self, path):
        name = ctypes.create_string_buffer(os.fsencode(path))
        self.fd = bpf(_OBJ_GET, struct.pack("<QII", ctypes.addressof(name), 0, 0))
        info = ctypes.create_string_buffer(88)  # struct bpf_map_info
        bpf(_INFO, struct.pack("<IIQ", self.fd, len(info), ctypes.addressof(info)))
        _, _, self.key_bytes, self.value_bytes, self.max_entries = struct.unpack_from("<5I", info)

    def close(self):
        os.close(self.fd)

    def _do(self, command, key, value=None):
        first = ctypes.create_string_buffer(key, self.key_bytes) if key is not None else None
        bpf(command, struct.pack("<IIQQQ", self.fd, 0, ctypes.addressof(first) if first else 0,
                                 ctypes.addressof(value) if value else 0, 0))

    def put(self, key, value):
        assert len(key) == self.key_bytes and len(value) == self.value_bytes
        self._do(_UPDATE, key, ctypes.create_string_buffer(value, self.value_bytes))

    def delete(self, key):
        self._do(_DELETE, key)

    def keys(self):
        """Those that are there; of a map that changes meanwhile not exactly."""
        key, following = None, ctypes.create_string_buffer(self.key_bytes)
        with contextlib.suppress(FileNotFoundError):
            while True:
                self._do(_NEXT, key, following)
                key = following.raw
                yield key
