"""A provider of single sign-on: code flow with PKCE, with a page on which somebody chooses who to be.

What a client asks for is checked as RFC 6749, 7636 and OpenID Connect Core want it; a wrong request is answered 400.
"""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_KID = "key-1"
_PAGE = """<!doctype html><meta charset="utf-8"><title>统一登录</title><h1>统一登录</h1>
<form method="post" action="/login"><input type="hidden" name="request" value="{request}">{buttons}</form>"""


@dataclass
class OidcSimulator:
    """The provider.

    Parameters
    ----------
    issuer: its own address; set once it is known.
    people: who may be chosen, by subject, with their claims.
    """

    client_id: str
    client_secret: str
    redirect_uri: str
    people: dict[str, dict[str, Any]]
    issuer: str = ""
    problems: list[str] = field(default_factory=list)
    _asked: dict[str, dict[str, str]] = field(default_factory=dict)
    _codes: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.get("/.well-known/openid-configuration")(self.configuration)
        app.get("/keys")(self.keys)
        app.get("/authorize")(self.authorize)
        app.post("/login")(self.log_in)
        app.post("/token")(self.token)
        return app

    async def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "code_challenge_methods_supported": ["S256"],
        }

    async def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key()))
        return {"keys": [{**public, "kid": _KID, "use": "sig", "alg": "RS256"}]}

    async def authorize(self, request: Request) -> HTMLResponse:
        """The page of the choice."""
        asked = dict(request.query_params)
        wanted = {"client_id": self.client_id, "redirect_uri": self.redirect_uri, "response_type": "code"}
        self._refuse_unless(all(asked.get(name) == value for name, value in wanted.items()), "another client")
        self._refuse_unless("openid" in asked.get("scope", "").split(), "no openid in the scope")
        self._refuse_unless(asked.get("code_challenge_method") == "S256", "no PKCE")
        self._refuse_unless(len(asked.get("code_challenge", "")) == 43, "no challenge")
        self._refuse_unless(min(len(asked.get(name, "")) for name in ("state", "nonce")) >= 20, "short secrets")
        name = secrets.token_urlsafe(16)
        self._asked[name] = asked
        buttons = "".join(f'<button name="sub" value="{sub}">{sub}</button>' for sub in self.people)
        return HTMLResponse(_PAGE.format(request=name, buttons=buttons))

    async def log_in(self, request: Annotated[str, Form()], sub: Annotated[str, Form()]) -> Response:
        asked = self._asked.pop(request)
        code = secrets.token_urlsafe(24)
        self._codes[code] = (sub, asked)
        brought = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{asked['redirect_uri']}?{brought}", 303)

    async def token(self, request: Request) -> JSONResponse:
        """A code is good once, for the client that shows its secret and the verifier."""
        form = await request.form()
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        self._refuse_unless(request.headers.get("authorization") == f"Basic {basic}", "not the client")
        sub, asked = self._codes.pop(str(form.get("code")), ("", {}))
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        self._refuse_unless(bool(asked) and challenge == asked["code_challenge"], "not who asked for the code")
        self._refuse_unless(form.get("redirect_uri") == asked["redirect_uri"], "another address")
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "sub": sub, "iat": now, "exp": now + 300}
        signed = jwt.encode(
            claims | {"nonce": asked["nonce"]} | self.people[sub], _KEY, algorithm="RS256", headers={"kid": _KID}
        )
        return JSONResponse({"id_token": signed, "access_token": "x", "token_type": "Bearer"})

    def _refuse_unless(self, fits: bool, problem: str) -> None:
        if not fits:
            self.problems.append(problem)
            raise HTTPException(400, {"error": "invalid_request", "error_description": problem})
