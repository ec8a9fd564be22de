# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The command line's contract: help, errors with a remedy, exit codes."""

import subprocess

import pytest

COMMANDS = ["run", "status", "stats", "dump", "flush", "detach", "version", "bench"]
DONE, FAILED, USAGE = 0, 1, 2


@pytest.fixture
def bmc(bmc_binary):
    def call(*words):
        return subprocess.run([bmc_binary, *words], capture_output=True, text=True, timeout=30)
    return call


pytestmark = pytest.mark.needs_bmc


def assert_error_with_remedy(done, code, what):
    """One line: what failed and why; one line: what to do."""
    lines = done.stderr.splitlines()
    assert done.returncode == code
    assert done.stdout == ""
    assert len(lines) == 2 and lines[0].startswith("bmc: ") and lines[1].startswith("  try: ")
    assert what in lines[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_screen_and_names_the_command(bmc, command):
    done = bmc(command, "--help")
    assert done.returncode == DONE
    assert command in done.stdout
    assert len(done.stdout.splitlines()) <= 40


def test_the_program_lists_its_commands(bmc):
    done = bmc("--help")
    assert done.returncode == DONE
    assert all(command in done.stdout for command in COMMANDS)


def test_the_version_is_told_in_two_ways(bmc):
    assert bmc("--version").stdout.strip() in bmc("version").stdout


@pytest.mark.parametrize("words", [
    [], ["nosuchcommand"], ["run"], ["run", "--nosuchoption"], ["stats", "surplus"],
    ["run", "-i", "lo", "-p", "port"], ["run", "-i", "lo", "-p", "70000"],
    ["run", "-i", "lo", "-p", "0"], ["check", "-p", "0"], ["stats", "--watch", "0s"],
    ["stats", "--watch", "nans"], ["stats", "--watch", "-1s"]],
    ids=lambda words: "_".join(words) or "nothing")
def test_wrong_usage_exits_with_2(bmc, words):
    done = bmc(*words)
    assert done.returncode == USAGE
    assert done.stderr != ""


@pytest.mark.parametrize("option, value", [
    ("--name", "no/name"), ("--memory", "much"), ("--hook", "sideways"), ("--clients", "nobody")])
def test_a_value_that_makes_no_sense_is_explained(bmc, option, value):
    done = bmc("run", "-i", "lo", option, value)
    assert_error_with_remedy(done, USAGE, value)


@pytest.mark.parametrize("words", [["version"], ["--version"], ["--help"], ["run", "--help"]],
                         ids="_".join)
def test_output_that_a_full_disk_swallows_is_an_error(bmc_binary, words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([bmc_binary, *words], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=30)
    assert done.returncode == FAILED
    assert done.stderr.startswith("bmc: cannot write to ")


@pytest.mark.parametrize("command", ["status", "stats", "dump", "flush", "detach"])
def test_an_instance_that_does_not_exist_is_an_error(bmc, command):
    assert_error_with_remedy(bmc(command, "--name", "bmcn-none"), FAILED, "bmcn-none")
