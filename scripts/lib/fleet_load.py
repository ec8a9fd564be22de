# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""fleet_load.py: an application with its cache in a fleet of memcacheds, as scripts/fleet-demo.sh runs it.

The client is libmemcached as it is (pylibmc), with ketama; where a key goes is its business.
The application reads through the cache: a key that misses is taken from the model, which stands
for a database, and stored. It writes now and then. One thread, keys of its own: so each value
that is read has exactly one right answer.

A write that fails is tried again until some node has taken it, and only then is it in the model.
Without that, a client that ejects a node could find an older copy on the node it falls back to.

Commands on standard input, one a line; each is answered by lines of JSON:
    {"fill": true}                     stores every key
    {"run": SECONDS, "homes": {...}}   homes: key to node; a line each second, {"done": true} at last
    {"stop": true}                     ends a run early
"""

import collections
import json
import random
import select
import signal
import sys
import time

import pylibmc

SLICE_S = 1.0
# One failure ejects a node; after dead_timeout seconds it is tried again, by one request.
BEHAVIORS = {"ketama": True, "tcp_nodelay": True, "auto_eject": True, "failure_limit": 1,
             "retry_timeout": 1, "dead_timeout": 2, "connect_timeout": 1000}
WRITES_PERCENT = 5
VALUE_BYTES = 100
WRONG_SHOWN = 5
PATIENCE_S = 30


def say(**words):
    print(json.dumps(words), flush=True)


class Application:
    def __init__(self, servers, name, keys, seed):
        self.client = pylibmc.Client(servers, behaviors=BEHAVIORS)
        self.keys = [f"{name}:{number}" for number in range(keys)]
        self.model = dict.fromkeys(self.keys, 0)
        self.random = random.Random(seed)
        self.counts = collections.defaultdict(collections.Counter)  # by node
        self.wrong = 0

    def value(self, key):
        return f"{key} {self.model[key]} ".encode().ljust(VALUE_BYTES, b".")

    def store(self, key, home):
        """Returns when a node has it."""
        deadline = time.monotonic() + PATIENCE_S
        counts = self.counts[home]
        while time.monotonic() < deadline:
            try:
                if self.client.set(key, self.value(key)):
                    counts["sets"] += 1
                    return
            except pylibmc.Error:
                pass
            counts["set_errors"] += 1
            time.sleep(0.0005)
        raise SystemExit(f"no node takes {key}")

    def read(self, key, home):
        counts = self.counts[home]
        counts["gets"] += 1
        try:
            value = self.client.get(key)
        except pylibmc.Error:
            counts["errors"] += 1
            return
        if value is None:
            counts["misses"] += 1
            self.store(key, home)
            return
        counts["hits"] += 1
        if value != self.value(key):
            counts["wrong"] += 1
            self.wrong += 1
            if self.wrong <= WRONG_SHOWN:
                print(f"wrong: {key} is {value!r}, not {self.value(key)!r}", file=sys.stderr)

    def write(self, key, home):
        self.counts[home]["writes"] += 1
        self.model[key] += 1
        self.store(key, home)

    def fill(self):
        for key in self.keys:
            self.store(key, None)
        self.counts.clear()

    def run(self, seconds, homes, is_stopped):
        """Requests for so long; what was counted is told each second."""
        end = time.monotonic() + seconds
        while (begun := time.monotonic()) < end and not is_stopped():
            until = min(begun + SLICE_S, end)
            while time.monotonic() < until:
                self.some_requests(homes)
            say(seconds=time.monotonic() - begun, counts=self.counts)
            self.counts.clear()

    def some_requests(self, homes):
        for key in self.random.choices(self.keys, k=20):
            is_write = self.random.random() * 100 < WRITES_PERCENT
            (self.write if is_write else self.read)(key, homes[key])


def line_is_waiting():
    return bool(select.select([sys.stdin], [], [], 0)[0])


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this one ends it
    servers, name, keys, seed = sys.argv[1].split(","), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    application = Application(servers, name, keys, seed)
    for line in iter(sys.stdin.readline, ""):
        command = json.loads(line)
        if "fill" in command:
            application.fill()
            say(done=True)
        elif "run" in command:
            application.run(command["run"], command["homes"], line_is_waiting)
            say(done=True)


main()
