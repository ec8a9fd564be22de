# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The report for people. Every number in it was measured in this run; all words about who is
ahead follow from them (stats.verdict)."""

from metrics import METRICS
from workloads import LEFT_OUT

HOW_TO_READ = """\
Each figure is the median over the rounds, with the least and the most in brackets. Sides are compared within a round: \
a ratio is the median of the rounds' ratios. A side is called ahead or behind only if it was so in **every** round, by more than 2 %. \
Latencies are those of the client and include queueing; those of an open loop count from when a request was due. \
Client and server are two network namespaces of this machine, joined by veth, and share its CPUs. \
A client of one thread cannot use more than one CPU: where it used nearly that ("CPUs that the client used"), it was the limit, not the server. \
Only the experiments with gets generated in the kernel are free of that. In those marked "best of two placements", each load was \
made with client and server sharing all CPUs and with the client on a CPU of its own, and the one with the higher rate counts, \
for its latencies, too: these may be of different placements on two sides (`placement` in results.json). \
"Answered by BMC" is of the gets that the client sent. \
Over veth, XDP's replies reach a socket only if the client's end has an XDP program, too: on the sides with BMC at XDP it has one; \
a network card needs none. And XDP over veth runs on the sender's CPU, in its time: with a socket for client, TC has a second CPU to win, \
XDP has not."""

NOTHING = "–"
# A client that is served faster has more to do; BMC's items are held besides memcached's.
NOT_JUDGED = ("client_cpus", "hit_ratio", "item_bytes")
VERDICT_WORDS = {"better": "ahead", "worse": "**behind**", "level": "level", "once": "one round"}


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def in_words(value, metric):
    """median (least – most)."""
    if value is None:
        return NOTHING
    show = METRICS[metric].show
    if value.count == 1:
        return show(value.median)
    return f"{show(value.median)} ({show(value.least)} – {show(value.most)})"


def ratio_in_words(ratio):
    if ratio.count == 1:
        return f"{ratio.median:.2f}"
    return f"{ratio.median:.2f} ({ratio.least:.2f} – {ratio.most:.2f})"


def sentence(words):
    """With a capital, and the others as they are."""
    return words[0].upper() + words[1:]


def metric_table(results, metric):
    """One row a point, one column a side."""
    rows = [[point.label, *(in_words(results.spread(side, point.label, metric), metric)
                            for side in results.sides)] for point in results.points]
    rows = [row for row in rows if set(row[1:]) != {NOTHING}]
    title = METRICS[metric]
    return f"{sentence(title.title)}, {title.unit}:\n\n" + table(["", *results.sides], rows)


def ratio_table(results):
    """By the first metric, each side against the first."""
    rows = {}
    for side, point, ratio, verdict in results.judged(results.experiment.metrics[0]):
        rows.setdefault(point, {})[side] = f"{ratio_in_words(ratio)}, {VERDICT_WORDS[verdict]}"
    if not rows:
        return ""
    first, others = results.experiment.sides[0].name, [
        side for side in results.sides if side != results.experiment.sides[0].name]
    metric = METRICS[results.experiment.metrics[0]]
    better = "more" if metric.more_is_better else "less"
    return (f"{sentence(metric.title)} as a multiple of {first}'s ({better} is better):\n\n"
            + table(["", *others], [[point, *(by_side.get(side, "–") for side in others)]
                                    for point, by_side in rows.items()]))


def failures(results):
    if not results.failures:
        return ""
    return "**Not measured:**\n\n" + "\n".join(
        f"* {run['side']}, round {run['round']}:\n\n  ```\n  "
        + run["failure"].replace("\n", "\n  ") + "\n  ```" for run in results.failures)


def section(results, plots):
    experiment = results.experiment
    rounds = results.rounds
    parts = [f"## {experiment.title}", experiment.asks,
             f"`{experiment.name}`, {rounds} round{'s' if rounds != 1 else ''}"
             f"{', best of two placements' if experiment.placement == 'best' else ''}."]
    parts += [f"![{experiment.title}: {plot}]({plot})" for plot in plots]
    parts.append(ratio_table(results))
    parts += [metric_table(results, metric) for metric in experiment.metrics if results.has(metric)]
    if experiment.name.startswith("workloads"):
        parts.append("What the models leave out:\n\n" + "\n".join(f"* {text}" for text in LEFT_OUT))
    parts.append(failures(results))
    return "\n\n".join(part for part in parts if part)


def summary(all_results):
    """What the rounds decide: where a side is behind, by any metric; where it is ahead, by the first."""
    rows = {"worse": [], "better": []}
    undecided = 0
    for results in all_results:
        experiment = results.experiment
        for metric in experiment.metrics:
            is_first = metric == experiment.metrics[0]
            for side, point, ratio, verdict in results.judged(metric):
                if metric in NOT_JUDGED:
                    continue
                undecided += is_first and verdict not in rows
                if verdict == "worse" or (verdict == "better" and is_first):
                    rows[verdict].append([f"{experiment.title}: {point}", side,
                                          experiment.sides[0].name, METRICS[metric].title,
                                          ratio_in_words(ratio)])
    head = ["load", "side", "against", "by", "ratio"]
    if all(results.rounds < 2 for results in all_results):
        return "One round decides nothing: the tables below have its figures."
    parts = []
    for verdict, title, none in (("worse", "Where a side is behind, by any metric", "Nowhere."),
                                 ("better", "Where a side is ahead, by an experiment's first metric", "Nowhere.")):
        parts.append(f"### {title}\n\n" + (table(head, rows[verdict]) if rows[verdict] else none))
    if undecided:
        parts.append(f"{undecided} other comparisons are not decided: "
                     "the sides were level within the spread, or there was one round only.")
    return "\n\n".join(parts)


def figures_table(figures):
    """As scripts/lib/figures_table.py has them."""
    return table(["#", "measured", "median", "least – most", "reach", "medians of the sides"],
                 [[each["figure"], each["what"], f"{each['median']:.2f}",
                   f"{min(each['rounds']):.2f} – {max(each['rounds']):.2f}", each["reach"], each["sides"]]
                  for each in figures])


def figures_section(report):
    """@report: of scripts/figures.sh --json, or None."""
    if not report:
        return ""
    machine = report["machine"]
    return (f"## Figures\n\n`scripts/figures.sh`, commit `{machine['commit']}`, "
            f"{machine['measured_at']}; [performance.md](../performance.md) says what each is. "
            "Every round is in [figures.json](figures.json).\n\n" + figures_table(report["figures"]))


def machine_table(run):
    machine = run["machine"]
    mitigations = "; ".join(f"{name}: {text}" for name, text in machine["mitigations"].items())
    return table(["", ""], [
        ["commit", f"`{machine['commit']}`"],
        ["measured at", machine["measured_at"]],
        ["CPU", f"{machine['cpu']}, {machine['cpus']} CPUs, {machine['memory_gib']} GiB of memory"],
        ["virtual machine", machine["virtual"]],
        ["kernel", machine["kernel"]],
        ["mitigations", mitigations or "none needed"],
        ["frequency governor", machine["governor"]],
        ["memcached", f"{machine['memcached']}, two workers unless something else is said"],
        ["rounds", f"{run['rounds']}, loads of {run['seconds']:g} s (times what an experiment needs)"],
    ])


def notes(run):
    said = []
    if run["quick"]:
        said.append("**This is a quick run**: few rounds, short loads, some points and sides only. "
                    "It shows that everything works; it is no measurement to quote.")
    if run["interrupted"]:
        said.append("**The run was interrupted**: what is missing was not measured.")
    failures = sum("failure" in each for each in run["runs"])
    if failures:
        said.append(f"**Visits of a side that failed: {failures}.** What they said is in their sections.")
    if run["rounds"] < 5:
        said.append(f"Rounds: {run['rounds']}; for figures to quote there should be five.")
    return "\n\n".join(said)


def report(run, all_results, plots_of, figures=None):
    """@plots_of: {experiment's name: files}; @figures: of scripts/figures.sh, if it was run."""
    parts = ["# BMC measured", notes(run), machine_table(run), "## How to read this", HOW_TO_READ,
             "Every measurement of every round is in [results.json](results.json); "
             "`scripts/bench.sh` made all of it.",
             figures_section(figures), "## Summary", summary(all_results)]
    parts += [section(results, plots_of.get(results.experiment.name, []))
              for results in all_results]
    return "\n\n".join(part for part in parts if part) + "\n"
