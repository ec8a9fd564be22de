# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The text protocol as bytes: commands are composed and replies are cut apart here.

Independent of transport, so that the same command can go over UDP and TCP.
"""


def as_bytes(text):
    return text if isinstance(text, bytes) else str(text).encode()


def get(*keys):
    return b"get " + b" ".join(as_bytes(key) for key in keys) + b"\r\n"


def store(command, key, value, flags=0, exptime=0, cas=None, noreply=False):
    """`<command> <key> <flags> <exptime> <bytes> [cas] [noreply]` and its data block."""
    words = [as_bytes(command), as_bytes(key), b"%d" % flags, b"%d" % exptime, b"%d" % len(value)]
    if cas is not None:
        words.append(b"%d" % cas)
    if noreply:
        words.append(b"noreply")
    return b" ".join(words) + b"\r\n" + value + b"\r\n"


def value_reply(key, value, flags=0):
    """What a get of one key answers on a hit."""
    return b"VALUE %s %d %d\r\n%s\r\n" % (as_bytes(key), flags, len(value), value) + b"END\r\n"


def parse_values(reply):
    """{key: (flags, value, cas or None)} of a complete reply to get, gets, gat or gats."""
    values = {}
    rest = reply
    while rest.startswith(b"VALUE "):
        line, _, rest = rest.partition(b"\r\n")
        words = line.split(b" ")
        size = int(words[3])
        if rest[size:size + 2] != b"\r\n":
            raise ValueError(f"data block does not end in CRLF: {reply[:200]!r}")
        cas = int(words[4]) if len(words) > 4 else None
        values[words[1]] = (int(words[2]), rest[:size], cas)
        rest = rest[size + 2:]
    if rest != b"END\r\n":
        raise ValueError(f"not a reply to a get: {reply[:200]!r}")
    return values


def is_whole_get(reply):
    """Whether a reply to a get ends here: with END, or with an error instead."""
    if not reply.startswith(b"VALUE "):
        return reply.endswith(b"\r\n")
    try:
        parse_values(reply)
    except (ValueError, IndexError):
        return False
    return True
