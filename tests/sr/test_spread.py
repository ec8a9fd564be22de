# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which thread gets a datagram: one and no other, and which one if it is steered."""

import contextlib
import os
import time

import pytest

from harness import workers

CPUS = sorted(os.sched_getaffinity(0))
needs_two_cpus = pytest.mark.skipif(len(CPUS) < 2, reason="this machine has one CPU")


@contextlib.contextmanager
def running_on(cpu):
    """The calling thread, and so the kernel's receive path of what it sends here."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def woken(memcached, senders, rounds=1):
    """How often each worker was woken while the clients asked, one after the other.

    A worker that is still awake when the next datagram comes is not woken by it: on a
    busy machine there are fewer wake-ups than datagrams.
    """
    time.sleep(0.1)  # all sleep
    before = workers.wakeups(memcached.pid)
    for _ in range(rounds):
        for client in senders:
            assert client.request(b"mn\r\n") == b"MN\r\n"
            time.sleep(0.0005)
    time.sleep(0.1)
    return [after - was for was, after in zip(before, workers.wakeups(memcached.pid))]


def test_many_clients_are_spread_over_all_threads(start, sr, clients):
    memcached = start(sr, "-l", "127.0.0.1", threads=4)
    counts = woken(memcached, clients(200))
    assert len(counts) == 4
    assert min(counts) >= 5, counts  # 50 each, were it even


def test_a_datagram_wakes_one_thread(start, sr, clients):
    memcached = start(sr, "-l", "127.0.0.1", threads=4)
    counts = woken(memcached, clients(40), rounds=10)
    assert 100 <= sum(counts) <= 500, counts  # a thread may have to wait for a lock


def test_a_datagram_wakes_all_threads_of_memcached_by_itself(start, clients):
    """What the test above is worth."""
    memcached = start(("memcached",), "-l", "127.0.0.1", threads=4)
    counts = woken(memcached, clients(40), rounds=10)
    assert sum(counts) > 500, counts


def test_a_client_stays_with_its_thread(start, sr, clients):
    memcached = start(sr, "-l", "127.0.0.1", threads=4)
    for client in clients(8):
        counts = woken(memcached, [client], rounds=50)
        most = max(counts)
        assert most >= 10 and sum(counts) - most <= most / 4, counts


def test_threads_are_not_pinned_unless_it_is_asked_for(start, sr):
    memcached = start(sr)
    assert len(set(workers.cpus(memcached.pid))) == 1


def test_pinned_threads_have_a_cpu_each_in_turn(start, sr):
    memcached = start(sr + ("--pin",), threads=len(CPUS) + 1)
    assert workers.cpus(memcached.pid) == [str(cpu) for cpu in CPUS + CPUS[:1]]


@needs_two_cpus
def test_threads_are_pinned_to_the_cpus_that_memcached_may_use(start, sr):
    memcached = start(("taskset", "-c", str(CPUS[1])) + sr + ("--pin",), threads=2)
    assert workers.cpus(memcached.pid) == [str(CPUS[1])] * 2


@needs_two_cpus
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_steered_datagram_wakes_the_thread_of_its_cpu(start, sr, clients, address):
    memcached = start(sr + ("--steer", "cpu"), threads=2)
    assert workers.cpus(memcached.pid) == [str(cpu) for cpu in CPUS[:2]]
    for worker, cpu in enumerate(CPUS[:2]):
        with running_on(cpu):
            counts = woken(memcached, clients(100, address))
        own, other = counts[worker], counts[1 - worker]
        assert own >= 20 and other <= own / 4, (cpu, counts)


@needs_two_cpus
def test_the_order_of_the_cpus_is_that_of_those_which_memcached_may_use(start, sr, clients):
    memcached = start(("taskset", "-c", str(CPUS[1])) + sr + ("--steer", "cpu"), threads=1)
    assert workers.cpus(memcached.pid) == [str(CPUS[1])]
    for cpu in CPUS[:2]:
        with running_on(cpu):
            assert sum(woken(memcached, clients(50))) >= 10


@needs_two_cpus
def test_a_datagram_of_a_cpu_without_a_thread_goes_to_any(start, sr, clients):
    memcached = start(sr + ("--steer", "cpu"), threads=1)
    with running_on(CPUS[1]):
        assert sum(woken(memcached, clients(50))) >= 10
