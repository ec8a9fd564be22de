# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""scripts/fleet-demo.sh, with the fewest nodes: its numbers add up, and it leaves nothing behind."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

pytestmark = pytest.mark.needs_bmc

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/fleet-demo.sh"
PLACES = ("/run/netns", "/sys/fs/bpf/bmc", "/run/bmc", "/tmp")


@pytest.fixture(autouse=True)
def of_the_release_build(bmc_binary):
    """The script builds and runs that one."""
    if pathlib.Path(bmc_binary).resolve() != SCRIPT.parents[1] / "build/bmc":
        pytest.skip("the demo is of the release build")


def left_of(pid):
    """Namespaces, pins, folders, logs and processes of the demo whose process that was."""
    made = re.compile(rf"\+?bmcn-{pid}-")
    paths = [f"{place}/{name}" for place in PLACES if os.path.isdir(place)
             for name in os.listdir(place) if made.match(name)]
    return paths + subprocess.run(["pgrep", "-f", f"bmcn-{pid}-"], capture_output=True,
                                  text=True, check=False).stdout.split()


def pid_of(output):
    """The names of its instances have it."""
    return re.search(r"--name bmcn-(\d+)-1", output)[1]


def test_it_loses_a_node_and_gets_it_back(tmp_path):
    done = subprocess.run([SCRIPT, "--nodes", "2", "--seconds", "2", "--json", tmp_path / "report"],
                          capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    report = json.loads((tmp_path / "report").read_text())

    assert report["wrong"] == 0 and report["hits"] > 1000
    assert sum(node["keys"] for node in report["nodes"]) == report["keys"]
    phases = {phase["phase"]: phase["nodes"] for phase in report["phases"]}
    assert list(phases) == ["before", "failure", "return", "after"]
    for nodes in phases.values():
        for node in nodes:
            assert node["hits"] + node["misses"] + node["errors"] == node["gets"] > 0, node
            assert node["sets"] == node["writes"] + node["misses"], node
    for name in ("before", "after"):
        for node in phases[name]:
            assert node["hits"] == node["gets"], (name, node)
            assert node["kernel_gets"] + node["memcached_gets"] == node["gets"], (name, node)
            assert node["kernel_gets"] > node["memcached_gets"], (name, node)

    survivor, killed = phases["failure"]
    assert survivor["hits"] == survivor["gets"]
    assert killed["misses"] > 0 and killed["memcached_gets"] is None
    moves = report["moves"]
    assert moves["home_keys"] == report["nodes"][1]["keys"]
    assert moves["moved_to"]["node 1"] + moves["not_moved"] == moves["home_keys"]
    assert moves["moved_to"]["node 1"] > 0 and moves["home_again"] > 0
    assert moves["others_moved"] == moves["items_when_back"] == 0
    assert not left_of(pid_of(done.stdout))


def test_it_leaves_nothing_when_it_is_interrupted():
    with subprocess.Popen([SCRIPT, "--nodes", "2"], stdout=subprocess.PIPE, text=True,
                          start_new_session=True) as demo:
        output = ""
        for line in demo.stdout:
            output += line
            if re.match(r" +1 +before", line):  # the first second
                break
        assert left_of(pid_of(output))
        os.killpg(demo.pid, signal.SIGINT)
        with contextlib.suppress(ValueError):
            demo.stdout.read()
        assert demo.wait(60) == 130
    deadline = time.monotonic() + 10
    while left := left_of(pid_of(output)):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_arguments_that_are_wrong_are_refused():
    for words in (["--nodes", "1"], ["--nodes", "9"], ["--seconds", "0"], ["--what"]):
        done = subprocess.run([SCRIPT, *words], capture_output=True, text=True, timeout=30)
        assert done.returncode == 2 and "fleet-demo.sh: " in done.stderr, words
