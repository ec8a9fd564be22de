# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""xdp_pass.py INTERFACE: attaches an XDP program that passes everything, until it is ended.

What XDP sends back over a veth arrives only where the peer has a program, too: the one of the
end-to-end tests (tests/harness/xdp_peer.py).
"""

import contextlib
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests"))

from harness.xdp_peer import XdpPass  # noqa: E402


class Here:
    """The namespace that we are in."""

    entered = staticmethod(contextlib.nullcontext)


def main():
    link = XdpPass(Here, sys.argv[1])
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    link.close()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
