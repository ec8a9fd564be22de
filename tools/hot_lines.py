#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Tells on which lines of its source a loaded BPF program spends its time.

usage: hot_lines.py PROGRAM [--seconds N] [--cpu N] [--by line|file] [--rows N] [--json FILE]

Samples all CPUs, or one, with perf while the load that is of interest runs, and looks up which
line of source each address inside the program's machine code came from: the kernel keeps that
(bpf_prog_info.jited_line_info). Of several programs of that name the youngest is taken.

  share   of the samples inside the program; what a helper does counts elsewhere
  of all  of all samples, idle CPUs' among them

A virtual machine without hardware counters is sampled by a timer, which does not go off while
interrupts are disabled: what stands under a lock is booked on the instruction behind it.

Needs root and perf (Debian: linux-perf).
"""

import argparse
import bisect
import collections
import ctypes
import errno
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

SYS_BPF = 321  # x86-64
PROG_GET_NEXT_ID, PROG_GET_FD_BY_ID, OBJ_GET_INFO_BY_FD, BTF_GET_FD_BY_ID = 11, 13, 15, 19

# Offsets in struct bpf_prog_info (include/uapi/linux/bpf.h), which only ever grows at its end.
NAME, BTF_ID, NR_LINE_INFO, LINE_INFO = 64, 128, 148, 152
JITED_LINE_INFO, NR_JITED_LINE_INFO, LINE_INFO_SIZE, JITED_LINE_INFO_SIZE = 160, 168, 172, 176
PROG_INFO_BYTES = 192

_libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    """The system call; @attributes (a ctypes buffer) is changed in place."""
    result = _libc.syscall(SYS_BPF, command, attributes, len(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf({command})")
    return result


def info_of(fd, info):
    """Fills the buffer @info."""
    bpf(OBJ_GET_INFO_BY_FD, ctypes.create_string_buffer(
        struct.pack("<IIQ", fd, len(info), ctypes.addressof(info)), 16))


def fd_by_id(command, number):
    return bpf(command, ctypes.create_string_buffer(struct.pack("<III", number, 0, 0), 12))


def programs():
    """Descriptors of all programs, the oldest first."""
    number = 0
    while True:
        request = ctypes.create_string_buffer(struct.pack("<III", number, 0, 0), 12)
        try:
            bpf(PROG_GET_NEXT_ID, request)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return
            raise
        number = struct.unpack_from("<I", request, 4)[0]
        try:
            yield fd_by_id(PROG_GET_FD_BY_ID, number)
        except FileNotFoundError:
            continue  # unloaded since


def program_named(name):
    """The youngest one's descriptor, or None."""
    found = None
    for fd in programs():
        info = ctypes.create_string_buffer(PROG_INFO_BYTES)
        info_of(fd, info)
        if info.raw[NAME:NAME + 16].partition(b"\0")[0] == name.encode():
            found, fd = fd, found
        if fd is not None:
            os.close(fd)
    return found


def strings_of(btf_id):
    """The string section of a BTF object: offset -> text."""
    fd = fd_by_id(BTF_GET_FD_BY_ID, btf_id)
    info = ctypes.create_string_buffer(32)
    info_of(fd, info)
    data = ctypes.create_string_buffer(struct.unpack_from("<I", info, 8)[0])
    info = ctypes.create_string_buffer(
        struct.pack("<QI", ctypes.addressof(data), len(data)), 32)
    info_of(fd, info)
    os.close(fd)
    header_bytes, start = (struct.unpack_from("<I", data, at)[0] for at in (4, 16))
    text = data.raw[header_bytes + start:]
    return lambda offset: text[offset:text.index(b"\0", offset)].decode()


def lines_of(fd):
    """[(address, file, line, source)], sorted: where the machine code of each line begins."""
    info = ctypes.create_string_buffer(PROG_INFO_BYTES)
    info_of(fd, info)
    btf_id, count, jited = (struct.unpack_from("<I", info, at)[0]
                            for at in (BTF_ID, NR_LINE_INFO, NR_JITED_LINE_INFO))
    if not jited:
        raise SystemExit("the kernel does not tell the lines: kernel.kptr_restrict, or no JIT")
    records = ctypes.create_string_buffer(16 * count)
    addresses = ctypes.create_string_buffer(8 * jited)
    info = ctypes.create_string_buffer(PROG_INFO_BYTES)
    struct.pack_into("<I", info, NR_LINE_INFO, count)
    struct.pack_into("<Q", info, LINE_INFO, ctypes.addressof(records))
    struct.pack_into("<Q", info, JITED_LINE_INFO, ctypes.addressof(addresses))
    struct.pack_into("<I", info, NR_JITED_LINE_INFO, jited)
    struct.pack_into("<II", info, LINE_INFO_SIZE, 16, 8)
    info_of(fd, info)
    text = strings_of(btf_id)
    return sorted((address, pathlib.PurePath(text(name)).name, column >> 10, text(line).strip())
                  for (address,), (_, name, line, column) in zip(
                      struct.iter_unpack("<Q", addresses), struct.iter_unpack("<IIII", records)))


def sample(seconds, cpu=None):
    """Yields (address, symbol) of each sample, of all CPUs or one."""
    with tempfile.TemporaryDirectory() as folder:
        record = f"{folder}/perf.data"
        cpus = ["-a"] if cpu is None else ["-C", str(cpu)]
        subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", *cpus, "-F", "10000",
                        "-o", record, "--", "sleep", str(seconds)],
                       check=True, stdout=subprocess.DEVNULL)
        script = subprocess.run(["perf", "script", "-i", record, "-F", "ip,sym"], check=True,
                                capture_output=True, text=True).stdout
    for line in script.splitlines():
        address, _, symbol = line.strip().partition(" ")
        yield int(address, 16), symbol


def attribute(samples, lines, key):
    """(samples by key, inside the program, all)"""
    begins = [address for address, *_ in lines]
    end = begins[-1] + 64  # the last line's code is no longer than that
    counts, inside, every = collections.Counter(), 0, 0
    for address, symbol in samples:
        every += 1
        if not symbol.startswith("bpf_prog_") or not begins[0] <= address < end:
            continue
        _, *place = lines[bisect.bisect_right(begins, address) - 1]
        counts[key(*place)] += 1
        inside += 1
    return counts, inside, every


def main():
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--cpu", type=int)
    parser.add_argument("--by", choices=("line", "file"), default="line")
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    fd = program_named(options.program)
    if fd is None:
        raise SystemExit(f"no program called {options.program} is loaded: bmc status")
    lines = lines_of(fd)
    key = ((lambda file, line, source: f"{file}:{line}  {source}") if options.by == "line"
           else (lambda file, line, source: file))
    counts, inside, every = attribute(sample(options.seconds, options.cpu), lines, key)
    if not inside:
        raise SystemExit(f"{options.program} did not run in these {options.seconds:g} s")
    rows = [{"where": where, "samples": count, "share": count / inside, "of_all": count / every}
            for where, count in counts.most_common(options.rows)]
    print(f"{options.program}: {inside} of {every} samples\n share  of all")
    for row in rows:
        print(f"{100 * row['share']:5.1f} %{100 * row['of_all']:6.2f} %  {row['where']}")
    if options.json:
        options.json.write_text(json.dumps(
            {"schema": "bmc-hot-lines/1", "program": options.program, "inside": inside,
             "samples": every, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
