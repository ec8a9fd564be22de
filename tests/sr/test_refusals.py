# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The command line's contract: help, refusals with a remedy, exit codes."""

import os
import shutil
import struct

import pytest

DONE, FAILED, USAGE, UNSUPPORTED = 0, 1, 2, 3
MEMCACHED = shutil.which("memcached")
PT_INTERP, PT_NULL = 3, 0


@pytest.fixture
def call(ns, sr):
    def run(*words, **options):
        return ns.run(*sr, *words, check=False, text=True, timeout=10, **options)
    return run


def assert_refused(done, code, what, remedy):
    """One line: what failed and why; one line: what to do."""
    lines = done.stderr.splitlines()
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert len(lines) == 2, lines
    assert lines[0].startswith("memcached-sr: ") and what in lines[0]
    assert lines[1].startswith("  try: ") and remedy in lines[1]


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_names_every_option_and_fits_a_screen(call, option):
    done = call(option)
    assert done.returncode == DONE
    for name in ("--steer", "--pin", "--tcp-reuseport", "--memcached", "-U"):
        assert name in done.stdout
    lines = done.stdout.splitlines()
    assert len(lines) <= 50 and max(map(len, lines)) <= 90


@pytest.mark.parametrize("option", ["-V", "--version", "-i"])
def test_what_only_informs_is_memcacheds_own(call, ns, option):
    own = ns.run(MEMCACHED, option, text=True)
    done = call(option)
    assert (done.returncode, done.stdout) == (own.returncode, own.stdout)


@pytest.mark.parametrize("words", [
    (), ("-U", "0"), ("-U0",), ("--udp-port=0",), ("-p", "11211"), ("-v", "-t", "2")])
def test_without_udp_there_is_nothing_to_do(call, words):
    assert_refused(call(*words), USAGE, "does not listen over UDP", "-U 11211")


@pytest.mark.parametrize("words", [("-s", "/tmp/x"), ("--unix-socket=/tmp/x",)])
def test_a_unix_socket_leaves_no_udp(call, words):
    assert_refused(call("-U", "11211", *words), USAGE, "Unix socket", "without -s")


@pytest.mark.parametrize("words", [
    ("-l", "127.0.0.1,127.0.0.2"), ("--listen=127.0.0.1,127.0.0.2",),
    ("-l", "127.0.0.1", "-l", "127.0.0.2")])
def test_addresses_with_commas_would_have_one_thread_each(call, words):
    assert_refused(call("-U", "11211", *words), USAGE, "commas", "-l '127.0.0.1;127.0.0.2'")


def test_steering_wants_a_cpu_for_each_thread(call):
    cpus = len(os.sched_getaffinity(0))
    assert_refused(call("--steer", "cpu", "-U", "11211", "-t", str(cpus + 1)), USAGE,
                   f"{cpus + 1} threads, but {cpus} CPUs", f"-t {cpus}")


@pytest.mark.parametrize("words", [("--steer", "sideways"), ("--steer",), ("--memcached",)])
def test_wrong_usage_of_its_own_options(call, words):
    assert_refused(call("-U", "11211", *words), USAGE, words[0], "--help")


def test_a_memcached_that_is_not_there(call):
    assert_refused(call("-U", "11211", "--memcached", "/nowhere/memcached"), FAILED,
                   "/nowhere/memcached", "--memcached")
    assert_refused(call("-U", "11211", env={"PATH": "/nowhere"}), FAILED, "PATH",
                   "apt install memcached")


def test_it_does_not_start_itself(call, sr, tmp_path):
    (tmp_path / "memcached").symlink_to(sr[0])
    assert_refused(call("-U", "11211", env={"PATH": str(tmp_path)}), FAILED, "PATH", "memcached")


def copy_of_memcached(folder, change=lambda data: None):
    path = folder / "memcached"
    data = bytearray(open(MEMCACHED, "rb").read())
    change(data)
    path.write_bytes(data)
    path.chmod(0o755)
    return path


def interpreter_segment(data):
    """The offset of the program header that names the loader."""
    first, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for place in range(first, first + size * count, size):
        if struct.unpack_from("<I", data, place)[0] == PT_INTERP:
            return place
    raise ValueError("no interpreter")


def make_static(data):
    struct.pack_into("<I", data, interpreter_segment(data), PT_NULL)


def make_musl(data):
    offset, = struct.unpack_from("<Q", data, interpreter_segment(data) + 8)
    name = b"/lib/ld-musl-x86_64.so.1\0"
    data[offset:offset + len(name)] = name


def make_foreign(data):
    struct.pack_into("<H", data, 18, 0xb7)  # EM_AARCH64


@pytest.mark.parametrize("change, what", [
    (make_static, "statically"), (make_musl, "another C library"), (make_foreign, "machine")])
def test_a_binary_that_cannot_be_preloaded_into(call, tmp_path, change, what):
    path = copy_of_memcached(tmp_path, change)
    assert_refused(call("-U", "11211", "--memcached", path), UNSUPPORTED, what, "--memcached")


def test_a_binary_with_privileges_of_its_own(call, tmp_path):
    path = copy_of_memcached(tmp_path)
    path.chmod(0o4755)
    assert_refused(call("-U", "11211", "--memcached", path), UNSUPPORTED, "set-user-ID", "copy")


def test_a_script_is_no_memcached(call, tmp_path):
    path = tmp_path / "memcached"
    path.write_text("#!/bin/sh\nexec memcached\n")
    path.chmod(0o755)
    assert_refused(call("-U", "11211", "--memcached", path), UNSUPPORTED, "no ELF", "--memcached")


def test_a_library_that_is_not_where_it_should_be(ns, sr, tmp_path):
    alone = shutil.copy(sr[0], tmp_path / "memcached-sr")
    done = ns.run(alone, "-U", "11211", check=False, text=True)
    assert_refused(done, FAILED, "memcached-sr.so", "install it")


def test_what_memcached_refuses_it_says_itself(call, ns):
    words = ("-U", "11211", "-u", "nobody", "-m", "nonsense", "-t", "0")
    own = ns.run(MEMCACHED, *words, check=False, text=True)
    done = call(*words)
    assert (done.returncode, done.stderr) == (own.returncode, own.stderr)
    assert own.returncode != 0
