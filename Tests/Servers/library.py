#!/usr/bin/env python3
"""Runs the systems of a real library on this machine, until the process that wants them has ended.

usage: library.py RECORDS.MRC PID

Prints one line of JSON once they all answer, and goes on in the background until the process PID is gone: then it ends
them and takes their files away. All that speaks a protocol is the work of others (requirements.txt, and the Debian
packages of scripts/setup.sh); the records are real ones of the Library of Congress.
"""
import json
import os
import select
import shutil
import signal
import sys
import tempfile

from catalogues import Zebra, test_server
from records import divide
from servers import Servers


def start(servers, records):
    directory = servers.directory
    facts = divide(records, directory)
    growing = Zebra(directory, "growing", "main.mrc")
    for catalogue in (Zebra(directory, "main", "main.mrc"), Zebra(directory, "interlibrary", "interlibrary.mrc"), growing):
        servers.start(catalogue.name, *catalogue.command())
    # One for questions, and one to be stopped where it stands.
    for name in ("anything", "asleep"):
        servers.start(name, *test_server(directory, name))
    servers.start_python("oai", "oai.py", directory)
    servers.start_python("csw", "csw.py", directory)
    servers.start_python("sip2", "sip2.py", directory)
    ports = {name: servers.port(name) for name in servers.processes}
    servers.start_python("hostile", "hostile.py", f"http://127.0.0.1:{ports['main']}/main")
    servers.start_python("damaging", "damaging.py", str(ports["sip2"]))
    for name in ("hostile", "damaging"):
        ports[name] = servers.port(name)
    return {
        "directory": directory, "ports": ports, "grow": growing.update_command("additions.mrc"),
        "processes": {name: process.pid for name, process in servers.processes.items()}, **facts,
    }


def serve(records, owner, tell):
    """Runs the servers until the process that `owner` stands for has ended."""
    directory = tempfile.mkdtemp(prefix="taskd-library.")
    servers = Servers(directory)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        tell(start(servers, records))
        select.select([owner], [], [])
    finally:
        servers.end()
        shutil.rmtree(directory)


def main():
    records, owner = os.path.abspath(sys.argv[1]), os.pidfd_open(int(sys.argv[2]))
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        with open(reading) as answer:
            facts = answer.read()
        print(facts)
        sys.exit(0 if facts else 1)
    os.close(reading)
    os.setsid()

    def tell(facts):
        # Whoever reads this process's output waits for its end no longer.
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        with open(writing, "w") as answer:
            json.dump(facts, answer)

    serve(records, owner, tell)


if __name__ == "__main__":
    main()
