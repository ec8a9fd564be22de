# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Two hosts, a memcached and perhaps BMC, by way of lab_server.sh."""

import contextlib
import os
import pathlib
import shlex
import signal
import subprocess
import tempfile
import threading

SERVER = pathlib.Path(__file__).with_name("lab_server.sh")
PATIENCE_S = 120
LAST_WORDS = 12  # lines of the log that an error quotes


class LabError(Exception):
    """The lab has ended by itself; what it said is in the message."""


class NotNow:
    """Ctrl-C and SIGTERM wait until this is left: what is half made could not be undone."""

    def __enter__(self):
        self._came = False
        self._before = {number: signal.signal(number, self._note)
                        for number in (signal.SIGINT, signal.SIGTERM)}

    def _note(self, *_):
        self._came = True

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._came:
            raise KeyboardInterrupt


class Lab:
    """One cable with its two hosts, from being made until close()."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="bmc-bench-")
        self.facts = pathlib.Path(self._folder.name)
        self.facts.chmod(0o755)
        # In a session of its own: Ctrl-C is for us, who then end it in order.
        self._shell = subprocess.Popen(
            [str(SERVER), str(self.facts)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, start_new_session=True)
        self.name = f"bmcs-{self._shell.pid}"  # of the BMC instance, as in lab.sh

    def call(self, function, *words):
        """Runs one function of the lab and waits for it."""
        line = shlex.join([function, *map(str, words)])
        guard = threading.Timer(PATIENCE_S, self._end)  # nothing in a lab takes so long
        guard.start()
        try:
            self._shell.stdin.write(line + "\n")
            self._shell.stdin.flush()
            answer = self._shell.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            guard.cancel()
        if answer != "done\n":
            self._shell.wait()
            raise LabError(f"{line}\n{self._last_words()}")

    def _last_words(self):
        log = self.facts / "lab.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return "\n".join("  | " + line for line in lines[-LAST_WORDS:])

    def close(self):
        """Ends all that runs in the lab, and it leaves nothing behind."""
        with contextlib.suppress(BrokenPipeError):
            self._shell.stdin.close()
        try:
            self._shell.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._end()
        self._shell.stdout.close()
        self._folder.cleanup()

    def abandon(self):
        """The same at once, whatever it is doing."""
        self._end()
        self.close()

    def _end(self):
        if self._shell.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._shell.pid, signal.SIGTERM)
        self._shell.wait()
