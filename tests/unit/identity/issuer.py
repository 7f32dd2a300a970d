"""An OpenID Connect issuer on the loopback interface: a real HTTP server, with keys that can be changed."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from gateway.identity.issuer_keys import DISCOVERY

AUDIENCE = "trireme"


@dataclass
class Issuer:
    """What the server answers."""

    url: str
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add_key(self, kid: str) -> rsa.RSAPrivateKey:
        """A new key, which the key set has from now on."""
        self.keys[kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.publish()
        return self.keys[kid]

    def publish(self) -> None:
        """Write the documents."""
        jwks = [
            {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}
            for kid, key in self.keys.items()
        ]
        found = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        self.documents = {DISCOVERY: json.dumps(found).encode(), "/keys": json.dumps({"keys": jwks}).encode()}

    def token(self, kid: str = "one", **changes: Any) -> str:
        """A token; None takes a claim out."""
        at = int(time.time())
        claims = {"iss": self.url, "aud": ["other", AUDIENCE], "exp": at + 60, "iat": at, "sub": "anna@example.org"}
        claims |= {"roles": ["ml-team"], **changes}
        given = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(given, self.keys[kid], "RS256", {"kid": kid})


@contextlib.contextmanager
def run_issuer() -> Iterator[Issuer]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            body = issuer.documents.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
        issuer.add_key("one")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
