"""Servers that run as long as a test or a measurement needs them."""
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 30  # seconds


class Servers:
    """The servers that run, each at a port that the kernel chose."""

    def __init__(self, directory):
        self.directory = directory
        self.processes = {}

    def start(self, name, *command):
        """Starts a server that listens at 127.0.0.1, port 0. It dies with this process, however that ends."""
        with open(f"{self.directory}/{name}.log", "wb") as log:
            self.processes[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.directory, start_new_session=True)

    def start_python(self, name, script, *arguments):
        self.start(name, sys.executable, "-W", "ignore", f"{HERE}/{script}", *arguments)

    def port(self, name):
        """The port at which a server listens, as soon as it does."""
        process = self.processes[name]
        deadline = time.monotonic() + PATIENCE
        while (port := listening_port(process.pid)) is None:
            if process.poll() is not None or time.monotonic() > deadline:
                with open(f"{self.directory}/{name}.log") as log:
                    sys.exit(f"{name} does not answer: {log.read()}")
            time.sleep(0.01)
        return port

    def end(self):
        for process in self.processes.values():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def listening_port(pid):
    """The TCP port at which a process listens, or None: its sockets, in the kernel's table (proc(5))."""
    try:
        sockets = {os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")}
        with open(f"/proc/{pid}/net/tcp") as table:
            rows = [line.split() for line in table][1:]
    except OSError:
        return None
    listening = "0A"
    return next((int(row[1].split(":")[1], 16) for row in rows
                 if row[3] == listening and f"socket:[{row[9]}]" in sockets), None)
