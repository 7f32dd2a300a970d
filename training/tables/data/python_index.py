"""Files of Python packages from the index that this machine's pip or uv uses; nothing of a package is ever run.

The index is spoken to by the simple repository API (PEP 503), the one that every mirror has.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin

import httpx

from training.errors import DataUnreachable

VARIABLES = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
MAX_PAGE_BYTES = 16 * 2**20
PIP_TIMEOUT_S = 60
_DEFAULT = re.compile(r"--index-url\s.*?\(default\s+(https?://[^\s)]+)\)", re.DOTALL)


class PythonIndex:
    """An index, by the address of its simple API."""

    def __init__(self, url: str, timeout: httpx.Timeout) -> None:
        self._url = url.rstrip("/") + "/"
        self._timeout = timeout

    def url_of(self, package: str, file: str) -> str:
        """Where a file of a package lies; raises `DataUnreachable`."""
        page = urljoin(self._url, f"{package}/")
        links = _Links()
        links.feed(self._text(page))
        found = next((link for link in links.found if unquote(urldefrag(link).url).endswith(f"/{file}")), None)
        if found is None:
            raise DataUnreachable(f"The Python package index has no file {file}.")
        return urljoin(page, urldefrag(found).url)

    def _text(self, page: str) -> str:
        try:
            answer = httpx.get(page, headers={"Accept": "text/html"}, timeout=self._timeout, follow_redirects=True)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DataUnreachable("The Python package index can't be reached.") from error
        if not answer.is_success:
            raise DataUnreachable(f"The Python package index answers with status {answer.status_code}.")
        return answer.text[:MAX_PAGE_BYTES]


def configured_index(environment: Mapping[str, str] = os.environ, pip: str | None = None) -> str | None:
    """The index that pip or uv would use: of the environment, else what the pip client says it is, else None."""
    named = next((environment[name] for name in VARIABLES if environment.get(name)), None)
    if named is not None:
        return named
    client = pip or shutil.which("pip")
    # Asked in this order because the help, which knows the default too, hides a configured address's password.
    return client and (_address(_said(client, "config", "get", "global.index-url")) or _default(client))


def _default(client: str) -> str | None:
    match = _DEFAULT.search(_said(client, "download", "--help"))
    return match[1] if match else None


def _address(text: str) -> str | None:
    text = text.strip()
    return text if text.startswith(("http://", "https://")) else None


def _said(client: str, *arguments: str) -> str:
    wide = {**os.environ, "COLUMNS": "500"}
    try:
        outcome = subprocess.run(
            [client, *arguments], check=False, capture_output=True, text=True, timeout=PIP_TIMEOUT_S, env=wide
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return outcome.stdout if outcome.returncode == 0 else ""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the addresses of anchors."""
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]
