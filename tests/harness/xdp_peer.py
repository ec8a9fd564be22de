# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""An XDP program that passes everything, for the client's end of a veth.

What XDP sends back over a veth arrives only where the peer takes whole frames:
with an XDP program there. GRO alone is not enough: seen on Linux 6.18, such
frames then wait for the next one. Loaded by the bpf(2) system call itself, so
that the tests need no compiler; attached for as long as the link is open.
"""

import ctypes
import os
import socket
import struct

from harness.bpf import bpf

_PROG_LOAD, _LINK_CREATE = 5, 28
_PROG_TYPE_XDP, _ATTACH_XDP, _XDP_PASS = 6, 37, 2


def _load_pass():
    # r0 = XDP_PASS; exit
    code = ctypes.create_string_buffer(struct.pack("<BBhi", 0xb7, 0, 0, _XDP_PASS)
                                       + struct.pack("<BBhi", 0x95, 0, 0, 0))
    licence = ctypes.create_string_buffer(b"GPL")
    return bpf(_PROG_LOAD, struct.pack("<IIQQ", _PROG_TYPE_XDP, 2, ctypes.addressof(code),
                                       ctypes.addressof(licence)))


class XdpPass:
    def __init__(self, ns, interface):
        program = _load_pass()
        try:
            with ns.entered():
                index = socket.if_nametoindex(interface)
                self._link = bpf(_LINK_CREATE, struct.pack("<IIII", program, index,
                                                            _ATTACH_XDP, 0))
        finally:
            os.close(program)

    def close(self):
        os.close(self._link)
