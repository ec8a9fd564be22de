# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Every byte of every TCP reply is the right one."""

import json
import os
import subprocess

from harness import topology

SECONDS = float(os.environ.get("BMC_STREAM_SECONDS", "2"))


def test_every_byte_is_right(make_rig, build_dir):
    rig = make_rig(memcached=("-m", 1024))
    process = rig.topology.client.popen(
        build_dir / "bmc_stream", "--server", topology.SERVER4, "--requests", 10**9,
        "--seconds", SECONDS, "--pipeline", 4, "--cut-percent", 10, "--json",
        stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate(timeout=SECONDS + 120)
    assert process.returncode == 0, output
    assert json.loads(output)["requests"] > 1000
