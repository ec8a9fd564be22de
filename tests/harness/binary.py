# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The binary protocol: a 24-byte header, extras, key, value (protocol_binary)."""

import struct

from harness import text

HEADER = struct.Struct("!BBHBBHIIQ")
REQUEST, RESPONSE = 0x80, 0x81
OK, NOT_FOUND, EXISTS, TOO_LARGE, NOT_STORED = 0, 1, 2, 3, 5

GET, SET, ADD, REPLACE, DELETE, INCREMENT, DECREMENT, QUIT, FLUSH, GETQ, NOOP, VERSION = range(12)
APPEND, PREPEND, TOUCH, GAT, GATQ = 0x0e, 0x0f, 0x1c, 0x1d, 0x1e
SETQ, ADDQ, REPLACEQ, DELETEQ, INCREMENTQ, DECREMENTQ = range(0x11, 0x17)
FLUSHQ, APPENDQ, PREPENDQ = 0x18, 0x19, 0x1a
GATK, GATKQ = 0x23, 0x24


def request(opcode, key=b"", value=b"", extras=b"", cas=0, surplus=0):
    """One request; surplus makes the header's body length a lie by that many bytes."""
    key = text.as_bytes(key)
    body = extras + key + value
    return HEADER.pack(REQUEST, opcode, len(key), len(extras), 0, 0,
                       len(body) + surplus, 0x626d6321, cas) + body


def store(opcode, key, value, flags=0, exptime=0, cas=0):
    return request(opcode, key, value, struct.pack("!II", flags, exptime), cas)


def counter(opcode, key, delta, initial=0, exptime=0xffffffff):
    """0xffffffff: fail instead of making the key."""
    return request(opcode, key, extras=struct.pack("!QQI", delta, initial, exptime))


def touch(opcode, key, exptime):
    return request(opcode, key, extras=struct.pack("!I", exptime))


def parse(data):
    """(opcode, status, value, cas, rest) of the first response in data, or None if cut."""
    if len(data) < HEADER.size:
        return None
    magic, opcode, key_bytes, extra_bytes, _, status, body, _, cas = HEADER.unpack_from(data)
    if magic != RESPONSE:
        raise ValueError(f"not a binary response: {data[:40]!r}")
    end = HEADER.size + body
    if len(data) < end:
        return None
    value = data[HEADER.size + extra_bytes + key_bytes:end]
    return opcode, status, value, cas, data[end:]


def exchange(tcp, data, opcode):
    """Sends over a TcpClient and reads responses until one of that opcode: (status, value)."""
    tcp.send(data)
    while True:
        header = tcp.exactly(HEADER.size)
        body = HEADER.unpack(header)[6]
        got, status, value, _, _ = parse(header + tcp.exactly(body))
        if got == opcode:
            return status, value
