"""A single sign-on of our own, to try what a real one must never do."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bot.staff.oidc import challenge

ISSUER = "https://sso.test/realms/express"
CLIENT = "kuaida-desk"
SECRET = "client-secret"

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class SimulatedProvider:
    """Answers discovery, keys and token requests.

    ``spoil`` changes the claims before they are signed; ``sign`` signs them.  ``asked`` counts requests by path.
    """

    def __init__(self, clock: Callable[[], Any]) -> None:
        self._clock = clock
        self.person: dict[str, Any] = {
            "sub": "u-1",
            "name": "李娜",
            "preferred_username": "lina.sso",
            "email": "Li.Na@example.com",
            "email_verified": True,
            "realm_access": {"roles": ["offline", "cs-agent"]},
        }
        self.spoil: Callable[[dict[str, Any]], None] = lambda claims: None
        self.sign: Callable[[dict[str, Any]], str] = self.signed("RS256", RSA_KEY, "rsa-1")
        self.keys = [public("rsa-1", RSA_KEY), public("ec-1", EC_KEY)]
        self.configuration: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }
        self.asked: dict[str, int] = {}
        self._codes: dict[str, dict[str, str]] = {}

    @staticmethod
    def signed(algorithm: str, key: Any, kid: str | None) -> Callable[[dict[str, Any]], str]:
        headers = {"kid": kid} if kid else {}
        return lambda claims: jwt.encode(claims, key, algorithm=algorithm, headers=headers)

    def log_in(self, address: str, code: str = "code-1") -> dict[str, str]:
        """The person logs in at the address the browser was sent to; what the browser brings back."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ISSUER}/auth"
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (CLIENT, "code", "S256")
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/realms/express")
        self.asked[path] = self.asked.get(path, 0) + 1
        if path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self.configuration)
        if path == "/keys":
            return httpx.Response(200, json={"keys": self.keys})
        if path == "/token":
            return self._token(request)
        return httpx.Response(404)

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self._codes.pop(form["code"], None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        is_ours = request.headers.get("authorization") == f"Basic {basic}"
        if asked is None or not is_ours or challenge(form["code_verifier"]) != asked["code_challenge"]:
            return httpx.Response(400, json={"error": "invalid_grant"})
        now = int(self._clock().timestamp())
        claims = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.person}
        self.spoil(claims)
        return httpx.Response(200, json={"id_token": self.sign(claims), "token_type": "Bearer"})


def public(kid: str, key: Any) -> dict[str, Any]:
    """The public half of a key as the provider publishes it."""
    kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    return {**json.loads(kind.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


def unsigned(claims: dict[str, Any]) -> str:
    """``alg: none``."""
    parts = ({"alg": "none", "kid": "rsa-1"}, claims)
    return ".".join(_packed(json.dumps(part).encode()) for part in parts) + "."


def by_public_key(claims: dict[str, Any]) -> str:
    """HS256 with the public key as the shared secret: the oldest trick."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = ".".join(_packed(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "rsa-1"}, claims))
    import hmac

    return f"{signed}.{_packed(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"


def _packed(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
