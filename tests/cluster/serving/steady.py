"""Runs in a pod: callers of a URL who never stop, each over one connection; a line on standard output each second.

A line is JSON: the time, how many good answers since the last line, and what else came, each with its time. Only
the standard library is used: this runs in any image with a Python.
usage: python steady.py, with URL, KEY, CALLERS and PICTURE (base64) in the environment
"""

import base64
import http.client
import json
import os
import threading
import time
import urllib.parse

URL = urllib.parse.urlsplit(os.environ["URL"])
HEADERS = {"Content-Type": "image/png", "X-API-Key": os.environ["KEY"]}
PICTURE = base64.b64decode(os.environ["PICTURE"])
PAUSE_S = 0.05
good = [0]
bad: list[dict[str, object]] = []
lock = threading.Lock()


def outcome(connection: http.client.HTTPConnection, key: str) -> dict[str, object] | None:
    """What came instead of a good answer."""
    try:
        connection.request("POST", URL.path, PICTURE, HEADERS | {"X-Request-Key": key})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return {"status": type(error).__name__}
    if answer.status == 200:
        return None
    return {"status": answer.status, "retry_after": answer.getheader("Retry-After"), "body": body.decode()[:300]}


def call(name: str) -> None:
    """Call for ever."""
    connection = http.client.HTTPConnection(str(URL.hostname), URL.port or 80, timeout=30)
    count = 0
    while True:
        began, count = time.time(), count + 1
        found = outcome(connection, f"{name}-{count}")
        with lock:
            good[0] += found is None
            if found is not None:
                bad.append(found | {"began": began, "ended": time.time()})
        time.sleep(PAUSE_S)


for number in range(int(os.environ["CALLERS"])):
    threading.Thread(target=call, args=(str(number),), daemon=True).start()
while True:
    time.sleep(1)
    with lock:
        said = json.dumps({"time": time.time(), "good": good[0], "bad": bad})
        good[0], bad[:] = 0, []
    print(said, flush=True)
