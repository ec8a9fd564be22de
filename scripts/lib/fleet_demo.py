# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""fleet_demo.py: the fleet of scripts/fleet-demo.sh, its clients, and a node that dies and comes back.

Exit code 0: no client read a wrong value, and no key moved but those of the dead node; 1: else.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from fleet_nodes import Fleet  # noqa: E402
from fleet_table import NUMBERS, Seconds, print_moves, print_phases  # noqa: E402

KEYS = 4000
FOR_EVER_S = 3600
REJOIN_S = 30
SETTLE_S = 0.2
LATE_S = 5
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text):
    print(text, flush=True)


class Client:
    """A process of fleet_load.py in the client's namespace."""

    def __init__(self, fleet, number, keys):
        servers = ",".join(node.server for node in fleet.nodes)
        self.process = fleet.client.popen(
            sys.executable, pathlib.Path(__file__).with_name("fleet_load.py"), servers,
            f"client{number}", keys, number, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.is_done = True

    def send(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        self.is_done = False

    def stop(self):
        if not self.is_done:
            self.process.stdin.write('{"stop": true}\n')
            self.process.stdin.flush()

    def receive(self):
        """The next line, {} at the end."""
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a client has ended")
        words = json.loads(line)
        self.is_done = words.get("done", False)
        return {} if self.is_done else words

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Demo:
    def __init__(self, fleet, clients):
        self.fleet = fleet
        self.clients = clients
        self.homes = {}
        self.phases = []
        self.seconds = Seconds([node.name for node in fleet.nodes])

    def fill(self):
        for client in self.clients:
            client.send(fill=True)
        for client in self.clients:
            client.receive()

    def find_homes(self, keys):
        """Asked of the nodes, not computed: where has the client's library put each key?"""
        for node in self.fleet.nodes:
            for key in node.held(keys):
                assert key not in self.homes, f"{key} is on {self.homes[key]} and {node.name}"
                self.homes[key] = node.name
        assert len(self.homes) == len(keys), "a key is nowhere"

    def counters(self):
        return [node.counters() for node in self.fleet.nodes]

    def settled_counters(self, looks=1):
        """When BMC's own questions to memcached are answered, too: nothing moves between so many
        looks."""
        same, now = 0, self.counters()
        while same < looks:
            time.sleep(SETTLE_S)
            before, now = now, self.counters()
            same = same + 1 if before == now else 0
        return now

    def sample(self, seconds, counts, before, after):
        """What clients counted, by home, beside what each node answered."""
        nodes = []
        for node, then, now in zip(self.fleet.nodes, before, after):
            of_home = {name: sum(each.get(node.name, {}).get(name, 0) for each in counts)
                       for name in NUMBERS}
            nodes.append({"node": node.name, **of_home, **gets_between(then, now)})
        return {"seconds": seconds, "nodes": nodes}

    def phase(self, name, seconds, meanwhile=lambda: None, is_over=lambda: False):
        """All clients at work for so long, or until is_over()."""
        first = before = self.settled_counters(looks=3)
        begun, every = time.monotonic(), []
        for client in self.clients:
            client.send(run=seconds, homes=self.homes)
        time.sleep(SETTLE_S)
        meanwhile()
        while lines := [line for client in self.clients
                        if not client.is_done and (line := client.receive())]:
            counts = [line["counts"] for line in lines]
            every += counts
            after = self.counters()
            self.seconds.line(name, self.sample(lines[0]["seconds"], counts, before, after))
            before = after
            if is_over():
                for client in self.clients:
                    client.stop()
        lasted = time.monotonic() - begun
        said = self.sample(lasted, every, first, self.settled_counters())
        while lacks_a_get(said) and time.monotonic() < begun + lasted + LATE_S:
            time.sleep(SETTLE_S)
            said = self.sample(lasted, every, first, self.counters())
        self.phases.append({"phase": name, **said})


def lacks_a_get(sample):
    """A question of BMC's to memcached is under way, for longer than it took to settle: it is
    taken for answered."""
    return any(0 < node["gets"] - node["kernel_gets"] - node["memcached_gets"] <= 2
               for node in sample["nodes"] if node["memcached_gets"] is not None)


def gets_between(then, now):
    """memcached counts from 0 again when it was restarted; a dead one does not tell."""
    told = None
    if now["memcached"]:
        is_same = then["memcached"] and then["memcached"]["pid"] == now["memcached"]["pid"]
        told = now["memcached"]["gets"] - (then["memcached"]["gets"] if is_same else 0)
        told -= now["leases"] - then["leases"]
    return {"kernel_gets": now["kernel"] - then["kernel"], "memcached_gets": told}


def lose_a_node(demo, victim, seconds):
    """The four phases; returns what became of the keys."""
    at_home = {node.name: {key for key, home in demo.homes.items() if home == node.name}
               for node in demo.fleet.nodes}
    lost, others = at_home[victim.name], [node for node in demo.fleet.nodes if node is not victim]

    demo.phase("before", seconds)
    demo.phase("failure", seconds, meanwhile=victim.memcached.kill)
    held = {node.name: node.held(demo.homes) for node in others}
    moved = {name: len(keys & lost) for name, keys in held.items()}
    strays = sum(len(held[node.name] - lost ^ at_home[node.name]) for node in others)

    victim.memcached.start()
    items_when_back = victim.counters()["memcached"]["items"]
    names = {key.partition(":")[0] for key in lost}

    def everybody_is_back():
        return (names == {key.partition(":")[0] for key in victim.held(lost)}
                and victim.bmc.status()["serving"])

    demo.phase("return", REJOIN_S, is_over=everybody_is_back)
    if not everybody_is_back():
        raise RuntimeError(f"{victim.name} is not used again after {REJOIN_S} s")
    demo.phase("after", seconds)
    return {
        "home_keys": len(lost), "moved_to": moved, "not_moved": len(lost) - sum(moved.values()),
        "others_moved": strays, "items_when_back": items_when_back,
        "home_again": len(victim.held(lost)),
        "copies_left": sum(len(node.held(lost)) for node in others)}


def report_of(demo, victim, moves):
    hits, wrong = (sum(node[name] for phase in demo.phases for node in phase["nodes"])
                   for name in ("hits", "wrong"))
    return {
        "schema": "bmc-fleet/1", "kernel": platform.release(), "cpus": os.cpu_count(),
        "clients": len(demo.clients), "keys": len(demo.homes), "killed": victim.name,
        "nodes": [{"node": node.name, "keys": list(demo.homes.values()).count(node.name)}
                  for node in demo.fleet.nodes],
        "phases": demo.phases, "moves": moves, "hits": hits, "wrong": wrong}


def run(options):
    with contextlib.ExitStack() as undo:
        say(f"== {options.nodes} nodes")
        fleet = undo.enter_context(contextlib.closing(
            Fleet(options.nodes, str(ROOT / "build/bmc"), say)))
        say(f"== {options.clients} clients (libmemcached, ketama), {KEYS} keys")
        each = KEYS // options.clients
        clients = [undo.enter_context(contextlib.closing(Client(fleet, number, each)))
                   for number in range(options.clients)]
        undo.callback(ignore_signals)  # from when all is taken down
        demo = Demo(fleet, clients)
        demo.fill()
        demo.find_homes([f"client{client}:{number}" for client in range(options.clients)
                         for number in range(each)])
        say(f"== load; {fleet.nodes[-1].name} is killed in the phase 'failure'")
        demo.seconds.head()
        moves = lose_a_node(demo, fleet.nodes[-1], options.seconds)
        report = report_of(demo, fleet.nodes[-1], moves)
        print_phases(report)
        print_moves(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    is_right = not (report["wrong"] or moves["others_moved"] or moves["items_when_back"])
    return 0 if is_right else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--json", type=pathlib.Path)
    for number in SIGNALS:
        signal.signal(number, leave)
    return run(parser.parse_args())


def leave(number, _frame):
    """Whatever ends it, what it made goes away; a second signal does not disturb that."""
    ignore_signals()
    sys.exit(128 + number)


def ignore_signals():
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
