"""Starts servers on free ports, runs a command that finds them in its environment, and stops them.

    servers.py direct|proxy|mock COMMAND…

`direct` is the sandbox. `proxy` is the sandbox behind Prism, which validates requests and answers against the
document and turns a violation of either side into an error. `mock` is Prism alone, answering from the document's
examples. SANDBOX is the sandbox's program. OTP_URL, OTP_KEY and OTP_SECRET say where and how. TOMORROW_URL is a service whose answers have values and
fields that nobody knows yet.
"""

import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from contextlib import ExitStack

SANDBOX = os.environ["SANDBOX"]
PRISM = "target/document/tools/node_modules/.bin/prism"
DOCUMENT = "openapi/otp.yaml"
PATIENCE = 60


def main(kind, command):
    with ExitStack() as stack:

        def start(*arguments, url):
            """Starts a server, and reads its output until a line tells its URL."""
            process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            deadline = threading.Timer(PATIENCE, process.kill)
            deadline.start()
            said = []
            for line in process.stdout:
                said.append(line)
                if found := re.search(url, line):
                    deadline.cancel()
                    # What it goes on to say must be read, or it would block on a full pipe.
                    threading.Thread(target=process.stdout.read, daemon=True).start()
                    return found[1]
            deadline.cancel()
            raise SystemExit(f"{arguments[0]} did not start:\n{''.join(said)}")

        environment = dict(os.environ, OTP_KEY="sandbox_demo", OTP_SECRET="sandbox_secret")
        listening = r"listening on (http://\S+)"
        if kind == "mock":
            at = start(PRISM, "mock", DOCUMENT, "--port", "0", "--errors", url=listening)
        else:
            at = start(SANDBOX, url=r"^(http://\S+)$")
            if kind == "proxy":
                at = start(PRISM, "proxy", DOCUMENT, at, "--port", "0", "--errors", url=listening)
        environment["OTP_URL"] = at
        environment["TOMORROW_URL"] = start(sys.executable, "tests/languages/tomorrow.py", url=r"^(http://\S+)$")
        if kind != "direct":
            expect_validation(environment)
        return subprocess.run(command, env=environment, check=False).returncode


def expect_validation(environment):
    """Nothing would be proved by a Prism that validates nothing."""
    credentials = f"{environment['OTP_KEY']}:{environment['OTP_SECRET']}".encode()
    headers = {"Content-Type": "application/json", "Authorization": "Basic " + b64encode(credentials).decode()}
    request = urllib.request.Request(environment["OTP_URL"] + "/v1/messages", b'{"to": 6591234567}', headers)
    try:
        urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as refused:
        # Prism's own status, which the sandbox never gives.
        if refused.status == 422:
            return
    raise SystemExit("Prism let a request pass that breaks the document")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
