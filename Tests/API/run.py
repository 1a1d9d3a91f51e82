#!/usr/bin/env python3
"""Checks docs/openapi.yaml, and then the daemon by it.

Usage: Tests/API/run.py BIN [SECONDS], where BIN holds taskd and taskd-shim.

The document is validated; then schemathesis sends the daemon requests that the document allows, and others that it does
not, and compares each answer with what the document says of it. It runs jobs, so the daemon is a private one, in a
directory of its own, as nobody where that can be done, and with no PATH; hooks.py replaces every program, server and path.
TASKD_API_SEED chooses other requests.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

import yaml
from openapi_spec_validator import validate

from bridge import Bridge

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.join(HERE, "../../docs/openapi.yaml")
NOBODY = 65534
# A client may give what a schema cannot say: a key twice, two names of one source, a file that is not there.
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
          "response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance")


def start(binaries, directory):
    """Starts a daemon in `directory`, and returns it with its socket once it listens."""
    for program in ("taskd", "taskd-shim"):
        shutil.copy(os.path.join(binaries, program), directory)
    identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if identity:
        shutil.chown(directory, NOBODY, NOBODY)
    socket = os.path.join(directory, "taskd.sock")
    log = open(os.path.join(directory, "log"), "w")
    daemon = subprocess.Popen(
        [os.path.join(directory, "taskd"), "--state-dir", os.path.join(directory, "state"), "--socket", socket],
        env={"PATH": "/nonexistent"}, cwd=directory, stderr=log, **identity)
    limit = time.monotonic() + 10
    while not os.path.exists(socket):
        if daemon.poll() is not None or time.monotonic() > limit:
            sys.exit(f"taskd does not start: {open(log.name).read()}")
        time.sleep(0.01)
    return daemon, socket


def check(url, directory, seconds):
    """Runs schemathesis, and returns its exit code."""
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": HERE, "TASKD_API_DIRECTORY": directory}
    return subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "st"), "run", url + "/v1/openapi.json", "--checks", CHECKS,
         "--max-examples", "25", "--max-time", str(seconds), "--request-timeout", "10", "--workers", "1",
         "--seed", os.environ.get("TASKD_API_SEED", "1"), "--generation-database", "none",
         "--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure", "--no-color"],
        env=environment, cwd=directory).returncode


def main():
    validate(yaml.safe_load(open(DOCUMENT)))
    print("docs/openapi.yaml is a valid OpenAPI 3.1 document")
    binaries, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 45
    with tempfile.TemporaryDirectory(prefix="taskd-api-") as directory:
        daemon, socket = start(binaries, directory)
        try:
            with Bridge(socket) as bridge:
                code = check(bridge.url, directory, seconds)
            if daemon.poll() is not None:
                sys.exit(f"taskd ended: {open(os.path.join(directory, 'log')).read()}")
        finally:
            daemon.terminate()
            daemon.wait()
            print(open(os.path.join(directory, "log")).read()[-4000:])
    sys.exit(code)


if __name__ == "__main__":
    main()
