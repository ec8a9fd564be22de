# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""spin.py SECONDS: a neighbour that wants a CPU; prints how often it got one, as JSON.

A block of 16 KiB is hashed again and again; what counts is blocks per second.
"""

import hashlib
import json
import sys
import time

BLOCK = bytes(16384)


def main():
    seconds = float(sys.argv[1])
    begun = time.monotonic()
    end, blocks = begun + seconds, 0
    while time.monotonic() < end:
        hashlib.sha256(BLOCK).digest()
        blocks += 1
    json.dump({"throughput_rps": blocks / (time.monotonic() - begun)}, sys.stdout)


if __name__ == "__main__":
    main()
