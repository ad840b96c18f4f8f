"""Try the installed testsuite on the echo server that comes with it:

    python trial.py DIR

fails unless a few cases end as they must.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

from autobahntestsuite.case import Cases

# Octets, text, fragments, limits, compression, and cases where the server
# must object.
WANTED = {"1.2.3": "OK", "2.3": "OK", "3.2": "OK", "5.19": "OK", "6.2.3": "OK", "6.4.2": "OK",
          "7.3.5": "OK", "7.13.1": "INFORMATIONAL", "9.1.1": "OK", "9.7.2": "OK", "10.1.1": "OK",
          "12.1.1": "OK", "12.2.1": "OK", "13.7.1": "OK"}


def run(wstest, home):
    """Run the cases; return the verdict on each."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url = "ws://127.0.0.1:%d" % port
    spec = os.path.join(home, "spec.json")
    with open(spec, "w", encoding="utf-8") as f:
        json.dump({"outdir": os.path.join(home, "report"), "cases": sorted(WANTED),
                   "servers": [{"agent": "testee", "url": url}]}, f)

    server = subprocess.Popen([wstest, "-m", "testeeserver", "-w", url], stdout=subprocess.DEVNULL, stderr=sys.stderr)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        client = subprocess.run([wstest, "-m", "fuzzingclient", "-s", spec], stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, timeout=100)
    finally:
        server.kill()
        server.wait()
    if client.returncode or client.stderr:
        sys.stderr.buffer.write(client.stderr)
        sys.exit("wstest does not work")
    with open(os.path.join(home, "report", "index.json"), encoding="utf-8") as f:
        return {case: verdict["behavior"] for case, verdict in json.load(f)["testee"].items()}


def main():
    print("%d test cases" % len(Cases))
    if len(Cases) != 517:
        sys.exit("wrong number of test cases")
    home = os.path.join(sys.argv[1], "try")
    shutil.rmtree(home, ignore_errors=True)
    os.mkdir(home)
    got = run(os.path.join(sys.argv[1], "bin", "wstest"), home)
    if got != WANTED:
        sys.exit("unexpected results: %r" % got)
    shutil.rmtree(home)


main()
