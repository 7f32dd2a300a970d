"""What `helm test` asks: whether the gateway is ready, serves what is pinned, and lets nobody in unasked."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

URL, MODEL, VERSION = os.environ["URL"], os.environ["MODEL"], os.environ["VERSION"]
DEADLINE = time.monotonic() + float(os.environ["SECONDS"])


def asked(path):
    """Status and body of an answer."""
    try:
        with urllib.request.urlopen(URL + path, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError as error:
        return 0, str(error).encode()


status, body = asked("/health/ready")
while status != 200 and time.monotonic() < DEADLINE:
    time.sleep(1)
    status, body = asked("/health/ready")
if status != 200:
    sys.exit(f"The gateway is not ready: {status} {body.decode(errors='replace')[:1000]}")
served = {one["model"]: one["version"] for one in json.loads(body)["models"]}
if VERSION and served != {MODEL: int(VERSION)}:
    sys.exit(f"The gateway serves {served}, and not version {VERSION} of {MODEL}.")
status, body = asked(f"/v2/models/{MODEL}")
if status != 401:
    sys.exit(f"Somebody who says nothing of themselves is answered with {status}.")
print(f"The gateway is ready, serves {served}, and asks who calls.")
