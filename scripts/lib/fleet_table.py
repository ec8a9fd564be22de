# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What scripts/fleet-demo.sh prints: a line each second, and a table of the phases."""

NUMBERS = ("gets", "hits", "misses", "errors", "wrong", "writes", "sets", "set_errors")


def short(number):
    return f"{number / 1e3:.1f} k" if number >= 1e3 else f"{number:.0f}"


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def answered(node):
    """Gets that this node answered, or None: what a memcached that was killed had counted is lost."""
    return None if node["memcached_gets"] is None else node["kernel_gets"] + node["memcached_gets"]


def in_kernel(node):
    if answered(node) is None:
        return "dead"
    return percent(node["kernel_gets"], answered(node))


class Seconds:
    """For each node: gets a second of the keys whose home it is, their hits, and who answered here."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.second = 0

    def head(self):
        print("\n" + " " * 14 + "".join(f"| {node:<26}" for node in self.nodes) + "|")
        print(f"{'s':>3}  {'phase':<9}"
              + f"| {'gets/s':>7}{'hits':>9}{'kernel':>9} " * len(self.nodes) + "| wrong", flush=True)

    def line(self, phase, sample):
        self.second += 1
        cells = (f"| {short(each['gets'] / sample['seconds']):>7}"
                 f"{percent(each['hits'], each['gets']):>9}{in_kernel(each):>9} "
                 for each in sample["nodes"])
        wrong = sum(each["wrong"] for each in sample["nodes"])
        print(f"{self.second:>3}  {phase:<9}{''.join(cells)}| {wrong:>5}", flush=True)


def print_phases(report):
    print(f"\n{'phase':<9} {'node':<7} {'gets/s':>9} {'hits':>9} {'misses':>8} {'errors':>7}"
          f" {'wrong':>6}   {'answered/s':>10} {'in the kernel':>14}")
    for phase in report["phases"]:
        for number, node in enumerate(phase["nodes"]):
            rate = answered(node)
            print(f"{phase['phase'] if number == 0 else '':<9} {node['node']:<7}"
                  f" {short(node['gets'] / phase['seconds']):>9}"
                  f" {percent(node['hits'], node['gets']):>9} {node['misses']:>8}"
                  f" {node['errors']:>7} {node['wrong']:>6}  "
                  f" {'-' if rate is None else short(rate / phase['seconds']):>10}"
                  f" {in_kernel(node):>14}")
    print("\ngets, hits, misses, errors: of the keys whose home the node is, wherever the client\n"
          "sent them. answered, in the kernel: what reached the node itself.")


def print_moves(report):
    moves, killed = report["moves"], report["killed"]
    print(f"\nkeys: {report['keys']}, of which "
          + ", ".join(f"{node['node']} {node['keys']} ({percent(node['keys'], report['keys'])})"
                      for node in report["nodes"]))
    print(f"killed: {killed}, home of {moves['home_keys']} keys")
    print("  its keys that clients stored elsewhere meanwhile: "
          + ", ".join(f"{count} on {name}" for name, count in moves["moved_to"].items())
          + f"; not asked for: {moves['not_moved']}")
    print(f"  keys of other nodes that moved or got lost:       {moves['others_moved']}")
    print(f"  items in its memcached when it was back:          {moves['items_when_back']}")
    print(f"  its keys that are at home again at the end:       {moves['home_again']}")
    print(f"  copies that stayed on the others, unused:         {moves['copies_left']}")
    print(f"values read: {report['hits']}, each compared; wrong: {report['wrong']}")
