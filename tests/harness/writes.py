# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Every command that can change what a later get returns, as data.

A Write says how to bring a key into its first state, how to change it, and what
a get must return from the moment the change is acknowledged. The transports
differ only in how a request travels and how its end is known: `perform` sends
and returns when memcached has acknowledged, so whatever a test asks afterwards
must already see the change.
"""

import base64
import dataclasses
from typing import Callable, Optional

from harness import binary, text

GONE = None
PAST = 30 * 24 * 3600 + 1  # longer than 30 days is a Unix time: one in 1970
LARGE = 1024 * 1024 + 4096  # above memcached's item_size_max


@dataclasses.dataclass(frozen=True)
class Write:
    name: str
    before: Optional[bytes]  # the value that is hot when the write comes; None = absent
    request: Callable[[bytes, bytes], bytes]  # (key, a new unique value) -> bytes
    after: Callable[[bytes, bytes], Optional[bytes]]  # (before, new) -> what a get returns
    answer: Optional[bytes] = None  # the reply's first bytes; None = it is quiet
    cas: bool = False  # the request needs the item's CAS unique, as {cas}
    protocol: str = "text"
    flags: int = 0


def new(_before, value):
    return value


def same(before, _value):
    return before


def gone(_before, _value):
    return GONE


def _line(template):
    """A request from a template: K the key, B the key in base64, V the value, N its size."""
    def make(key, value):
        words = {b"K": key, b"B": base64.b64encode(key), b"V": value, b"N": b"%d" % len(value)}
        out = []
        for word in template.encode().split(b" "):
            head, sep, tail = word.partition(b"\r\n")
            body, sep2, end = tail.partition(b"\r\n")
            out.append(words.get(head, head) + sep + words.get(body, body) + sep2 + end)
        return b" ".join(out)
    return make


def _w(name, template, answer, after, before=b"first", cas=False):
    return Write(name, before, _line(template), after, answer, cas)


STORE = "K 0 0 N\r\nV\r\n"
QUIET_STORE = "K 0 0 N noreply\r\nV\r\n"

TEXT_WRITES = [
    _w("set", "set " + STORE, b"STORED", new),
    _w("set with flags and a ttl", "set K 7 100 N\r\nV\r\n", b"STORED", new),
    _w("set of a 0-byte value", "set K 0 0 0\r\n\r\n", b"STORED", lambda *_: b""),
    _w("set that expires at once", "set K 0 -1 N\r\nV\r\n", b"STORED", gone),
    _w("add of a cached key", "add " + STORE, b"NOT_STORED", same),
    _w("add of an absent key", "add " + STORE, b"STORED", new, before=None),
    _w("replace", "replace " + STORE, b"STORED", new),
    _w("append", "append " + STORE, b"STORED", lambda before, value: before + value),
    _w("prepend", "prepend " + STORE, b"STORED", lambda before, value: value + before),
    _w("cas", "cas K 0 0 N {cas}\r\nV\r\n", b"STORED", new, cas=True),
    _w("cas that is too late", "cas K 0 0 N 1\r\nV\r\n", b"EXISTS", same),
    _w("delete", "delete K\r\n", b"DELETED", gone),
    _w("delete with 0", "delete K 0\r\n", b"DELETED", gone),
    _w("incr", "incr K 5\r\n", b"105\r\n", lambda *_: b"105", before=b"100"),
    _w("incr that grows", "incr K 1\r\n", b"1000\r\n", lambda *_: b"1000", before=b"999"),
    _w("decr", "decr K 1\r\n", b"99\r\n", lambda *_: b"99", before=b"100"),
    _w("incr of no number", "incr K 1\r\n", b"CLIENT_ERROR", same),
    _w("touch", "touch K 100\r\n", b"TOUCHED", same),
    _w("touch into the past", "touch K -1\r\n", b"TOUCHED", gone),
    _w("gat", "gat 100 K\r\n", b"VALUE", same),
    _w("gat into the past", "gat -1 K\r\n", b"VALUE", gone),
    _w("gats into the past", "gats -1 K\r\n", b"VALUE", gone),
    _w("gat of many keys", "gat -1 nokey1 nokey2 K nokey3\r\n", b"VALUE", gone),
    _w("flush_all", "flush_all\r\n", b"OK", gone),
    _w("flush_all 0", "flush_all 0\r\n", b"OK", gone),
]

TEXT_NOREPLY_WRITES = [
    _w("set noreply", "set " + QUIET_STORE, None, new),
    _w("add noreply", "add " + QUIET_STORE, None, new, before=None),
    _w("replace noreply", "replace " + QUIET_STORE, None, new),
    _w("append noreply", "append " + QUIET_STORE, None, lambda before, value: before + value),
    _w("prepend noreply", "prepend " + QUIET_STORE, None, lambda before, value: value + before),
    _w("cas noreply", "cas K 0 0 N {cas} noreply\r\nV\r\n", None, new, cas=True),
    _w("delete noreply", "delete K noreply\r\n", None, gone),
    _w("incr noreply", "incr K 5 noreply\r\n", None, lambda *_: b"105", before=b"100"),
    _w("decr noreply", "decr K 5 noreply\r\n", None, lambda *_: b"95", before=b"100"),
    _w("touch noreply", "touch K -1 noreply\r\n", None, gone),
    _w("flush_all noreply", "flush_all noreply\r\n", None, gone),
]

META_WRITES = [
    _w("ms", "ms K N\r\nV\r\n", b"HD", new),
    _w("ms with every flag", "ms K N F9 T100 k c Oopaque\r\nV\r\n", b"HD", new),
    _w("ms T-1", "ms K N T-1\r\nV\r\n", b"HD", gone),
    _w("ms of a base64 key", "ms B N b\r\nV\r\n", b"HD", new),
    _w("ms add mode", "ms K N ME\r\nV\r\n", b"NS", same),
    _w("ms add mode of an absent key", "ms K N ME\r\nV\r\n", b"HD", new, before=None),
    _w("ms append mode", "ms K N MA\r\nV\r\n", b"HD", lambda before, value: before + value),
    _w("ms prepend mode", "ms K N MP\r\nV\r\n", b"HD", lambda before, value: value + before),
    _w("ms append mode of an absent key", "ms K N MA\r\nV\r\n", b"NS", gone, before=None),
    _w("ms replace mode", "ms K N MR\r\nV\r\n", b"HD", new),
    _w("ms set mode", "ms K N MS\r\nV\r\n", b"HD", new),
    _w("ms with a cas", "ms K N C{cas}\r\nV\r\n", b"HD", new, cas=True),
    _w("ms with a cas that is too late", "ms K N C1\r\nV\r\n", b"EX", same),
    _w("md", "md K\r\n", b"HD", gone),
    _w("md of a base64 key", "md B b\r\n", b"HD", gone),
    _w("md with a cas", "md K C{cas}\r\n", b"HD", gone, cas=True),
    _w("md with a cas that is too late", "md K C1\r\n", b"EX", same),
    _w("md that marks stale", "md K I T30\r\n", b"HD", same),
    _w("md that marks stale and expires", "md K I T-1\r\n", b"HD", gone),
    _w("ma", "ma K\r\n", b"HD", lambda *_: b"101", before=b"100"),
    _w("ma with a delta", "ma K D20 v\r\n", b"VA 3", lambda *_: b"120", before=b"100"),
    _w("ma decrement", "ma K MD D1\r\n", b"HD", lambda *_: b"99", before=b"100"),
    _w("ma of a base64 key", "ma B b\r\n", b"HD", lambda *_: b"101", before=b"100"),
    _w("ma with vivify", "ma K N0 J13\r\n", b"HD", lambda *_: b"13", before=None),
    _w("ma T-1", "ma K T-1\r\n", b"HD", gone, before=b"100"),
    _w("mg T-1", "mg K T-1\r\n", b"HD", gone),
    _w("mg T of a base64 key", "mg B b T-1\r\n", b"HD", gone),
    _w("mg with vivify", "mg K N30 v\r\n", b"VA 0 W", lambda *_: b"", before=None),
]

META_QUIET_WRITES = [
    _w("ms q", "ms K N q\r\nV\r\n", None, new),
    _w("ms q of a base64 key", "ms B N q b\r\nV\r\n", None, new),
    _w("md q", "md K q\r\n", None, gone),
    _w("ma q", "ma K q\r\n", None, lambda *_: b"101", before=b"100"),
    _w("mg q T-1", "mg K q T-1\r\n", None, gone),
]


def _b(name, request, after, before=b"first", answer=b"", cas=False):
    return Write(name, before, request, after, answer, cas, protocol="binary")


def _joined(before, value):
    return before + value


BINARY_WRITES = [
    _b("binary set", lambda k, v: binary.store(binary.SET, k, v), new),
    _b("binary add", lambda k, v: binary.store(binary.ADD, k, v), new, before=None),
    _b("binary add of a cached key", lambda k, v: binary.store(binary.ADD, k, v), same),
    _b("binary replace", lambda k, v: binary.store(binary.REPLACE, k, v), new),
    _b("binary append", lambda k, v: binary.request(binary.APPEND, k, v), _joined),
    _b("binary prepend", lambda k, v: binary.request(binary.PREPEND, k, v),
       lambda before, value: value + before),
    _b("binary delete", lambda k, v: binary.request(binary.DELETE, k), gone),
    _b("binary incr", lambda k, v: binary.counter(binary.INCREMENT, k, 5), lambda *_: b"105",
       before=b"100"),
    _b("binary decr", lambda k, v: binary.counter(binary.DECREMENT, k, 5), lambda *_: b"95",
       before=b"100"),
    _b("binary incr that makes it", lambda k, v: binary.counter(binary.INCREMENT, k, 5, 7, 0),
       lambda *_: b"7", before=None),
    _b("binary touch", lambda k, v: binary.touch(binary.TOUCH, k, PAST), gone),
    _b("binary gat", lambda k, v: binary.touch(binary.GAT, k, PAST), gone),
    _b("binary gatk", lambda k, v: binary.touch(binary.GATK, k, PAST), gone),
    _b("binary flush", lambda k, v: binary.request(binary.FLUSH), gone),
]

BINARY_QUIET_WRITES = [
    _b("binary setq", lambda k, v: binary.store(binary.SETQ, k, v), new, answer=None),
    _b("binary addq", lambda k, v: binary.store(binary.ADDQ, k, v), new, None, None),
    _b("binary replaceq", lambda k, v: binary.store(binary.REPLACEQ, k, v), new, answer=None),
    _b("binary appendq", lambda k, v: binary.request(binary.APPENDQ, k, v), _joined, answer=None),
    _b("binary prependq", lambda k, v: binary.request(binary.PREPENDQ, k, v),
       lambda before, value: value + before, answer=None),
    _b("binary deleteq", lambda k, v: binary.request(binary.DELETEQ, k), gone, answer=None),
    _b("binary incrq", lambda k, v: binary.counter(binary.INCREMENTQ, k, 5), lambda *_: b"105",
       b"100", None),
    _b("binary decrq", lambda k, v: binary.counter(binary.DECREMENTQ, k, 5), lambda *_: b"95",
       b"100", None),
    _b("binary gatq", lambda k, v: binary.touch(binary.GATQ, k, PAST), gone, answer=None),
    _b("binary gatkq", lambda k, v: binary.touch(binary.GATKQ, k, PAST), gone, answer=None),
    _b("binary flushq", lambda k, v: binary.request(binary.FLUSHQ), gone, answer=None),
]

ALL = (TEXT_WRITES + TEXT_NOREPLY_WRITES + META_WRITES + META_QUIET_WRITES + BINARY_WRITES
       + BINARY_QUIET_WRITES)


def by_name(writes):
    return {"argvalues": writes, "ids": [write.name.replace(" ", "_") for write in writes]}
