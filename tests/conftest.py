# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Options and fixtures of every end-to-end test.

`--stock` runs the same tests against memcached alone: what they expect of the
answers is then checked against the real server, and only what they say about
who answered is left out.
"""

import contextlib
import hashlib
import os
import pathlib
import signal
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(TESTS))

from harness import leftovers, netns  # noqa: E402
from harness.rig import Rig  # noqa: E402


def pytest_addoption(parser):
    build = os.environ.get("BMC_BUILD", str(TESTS.parent / "build"))
    parser.addoption("--build", default=build, help="the build folder, with bmc in it")
    parser.addoption("--stock", action="store_true", help="memcached alone, without BMC")
    parser.addoption("--update-goldens", action="store_true", help="rewrite tests/cli/golden")
    parser.addoption("--hook", default=None, help="only this hook: xdp or tc")


def pytest_configure(config):
    # A terminated run cleans up like an interrupted one, also if it is in the background of a
    # shell, which has it ignore interrupts.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config.addinivalue_line("markers", "needs_bmc: says nothing about memcached alone")


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("the end-to-end tests make network namespaces: run them as root", 3)
    netns.sweep()


def pytest_collection_modifyitems(config, items):
    if config.getoption("--stock"):
        left_out = [item for item in items if item.get_closest_marker("needs_bmc")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_generate_tests(metafunc):
    if "hook" in metafunc.fixturenames:
        only = metafunc.config.getoption("--hook")
        hooks = [only] if only else getattr(metafunc.module, "HOOKS", ["tc", "xdp"])
        metafunc.parametrize("hook", hooks, scope="module")


@pytest.fixture(scope="session")
def build_dir(request):
    return pathlib.Path(request.config.getoption("--build"))


@pytest.fixture(scope="session")
def bmc_binary(request, build_dir):
    """The program under test; None in a --stock run."""
    if request.config.getoption("--stock"):
        return None
    path = build_dir / "bmc"
    if not path.exists():
        pytest.exit(f"{path} is missing: build it first, or name its folder with --build", 3)
    return str(path)


@pytest.fixture
def make_rig(bmc_binary):
    """Makes set-ups of the test's own; all are undone and nothing may be left behind."""
    before = leftovers.snapshot()
    with contextlib.ExitStack() as undo:
        def make(**options):
            return undo.enter_context(contextlib.closing(Rig(bmc_binary, **options)))
        yield make
    leftovers.assert_nothing_new(before)


@pytest.fixture(scope="module")
def rig(bmc_binary):
    """One set-up for all tests of a file that only ask and write."""
    with contextlib.closing(Rig(bmc_binary)) as made:
        yield made


@pytest.fixture(scope="module")
def hooked_rig(bmc_binary, hook):
    """The same at each hook in turn."""
    with contextlib.closing(Rig(bmc_binary, hook=hook)) as made:
        yield made


@pytest.fixture
def key(request):
    """A key that no other test uses."""
    digest = hashlib.sha1(request.node.nodeid.encode()).hexdigest()[:12]
    return f"k{digest}".encode()
