# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""watch_hits.py NAME SECONDS: the share of requests that BMC instance NAME answers, as it grows.

Reads the counters ten times a second and prints a JSON list of {"t_s", "hit_rate"}, where
t_s counts from the first request that was seen and hit_rate is that of the last interval.
"""
import json
import subprocess
import sys
import time

INTERVAL_S = 0.1


def requests(name):
    """Hits, and all requests that were a hit or a miss, so far."""
    text = subprocess.run(["build/bmc", "stats", "--name", name, "--json"], check=True,
                          capture_output=True, text=True).stdout
    stats = json.loads(text)
    hits = stats["counts"]["hits"]
    return hits, hits + sum(stats["passes"].values())


def main():
    name, seconds = sys.argv[1], float(sys.argv[2])
    series, begun = [], None
    last_hits, last_all = requests(name)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(INTERVAL_S)
        hits, everything = requests(name)
        now = time.monotonic()
        if everything > last_all:
            begun = begun or now - INTERVAL_S
            series.append({"t_s": now - begun,
                           "hit_rate": (hits - last_hits) / (everything - last_all)})
        last_hits, last_all = hits, everything
    json.dump(series, sys.stdout)


main()
