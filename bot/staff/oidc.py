"""OpenID Connect, the code flow with PKCE: what is asked of a provider, and what of its answer is believed.

Checked as OpenID Connect Core 1.0, 3.1.3.7 and RFC 9700 want it: issuer, audience, authorized party, times, nonce,
signature by a key of the provider with an asymmetric algorithm.  ``alg: none`` and shared secrets are never accepted.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.clock import Clock
from bot.errors import SignOnRefusedError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY = timedelta(seconds=60)
_KEYS_LAST = timedelta(hours=1)
_KEYS_ASKED_AGAIN = timedelta(seconds=30)
_LONGEST_ANSWER = 512 * 1024


@dataclass(frozen=True)
class OidcSettings:
    """A provider, and what of its claims means what here.

    Parameters
    ----------
    issuer: exactly as the provider writes it; ``/.well-known/openid-configuration`` is looked up below it.
    redirect_uri: ours, as registered with the provider.
    role_claim: where roles stand; dots lead into objects (``realm_access.roles``).
    roles: the provider's value -> our role; of several the first in this order counts.
    creates: whether somebody nobody knows, with a role, gets an account.
    links_by_email: whether an account is found by an address that the provider has verified.
    """

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    scopes: str = "openid profile email"
    role_claim: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    creates: bool = False
    links_by_email: bool = True


@dataclass(frozen=True)
class Claims:
    """Who somebody is by the word of the provider; ``email`` only where the provider verified it."""

    issuer: str
    subject: str
    name: str
    username: str
    email: str | None
    roles: tuple[str, ...]
    unit: str | None = None
    province: str | None = None

    @property
    def key(self) -> str:
        return f"{self.issuer}|{self.subject}"


class _Provider(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class OidcProvider:
    """Talks to one provider.  Every doubt is a `SignOnRefusedError`, in English, for the log.

    Parameters
    ----------
    client: makes an HTTP client; tests put a simulated provider behind it.
    """

    def __init__(
        self, settings: OidcSettings, clock: Clock, client: Callable[[], httpx.AsyncClient] | None = None
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._client = client or (lambda: httpx.AsyncClient(timeout=10, follow_redirects=False))
        self._provider: _Provider | None = None
        self._keys: list[dict[str, Any]] = []
        self._keys_at: datetime | None = None

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to log in."""
        provider = await self._discover()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "scope": self.settings.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in provider.authorization_endpoint else "?"
        return f"{provider.authorization_endpoint}{joint}{urlencode(asked)}"

    async def claims(self, code: str, *, nonce: str, verifier: str) -> Claims:
        """What the provider says about whoever came back with this code."""
        provider = await self._discover()
        answer = await self._fetch(
            "POST",
            provider.token_endpoint,
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.settings.redirect_uri,
                "client_id": self.settings.client_id,
                "code_verifier": verifier,
            },
            auth=(self.settings.client_id, self.settings.client_secret),
        )
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignOnRefusedError("the provider sent no id_token")
        return self._claims_of(await self._verified(token, nonce), provider.issuer)

    # -- believing -------------------------------------------------------------------------------

    async def _verified(self, token: str, nonce: str) -> dict[str, Any]:
        key = await self._key_of(token)
        now = self._clock()
        try:
            found: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self.settings.client_id,
                issuer=self.settings.issuer,
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError as error:
            raise SignOnRefusedError(f"the id_token is not to be believed: {error}") from error
        _refuse_bad_times(found, now)
        _refuse_other_party(found, self.settings.client_id)
        if found.get("nonce") != nonce:
            raise SignOnRefusedError("the id_token belongs to another login: its nonce is wrong")
        return found

    async def _key_of(self, token: str) -> jwt.PyJWK:
        """The provider's key that a token names, with an algorithm we accept."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise SignOnRefusedError("the id_token cannot be read") from error
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise SignOnRefusedError(f"the id_token is signed with {algorithm!r}, which is not accepted")
        key = self._known_key(header.get("kid"), algorithm, await self._key_set(again=False))
        if key is None:
            key = self._known_key(header.get("kid"), algorithm, await self._key_set(again=True))
        if key is None:
            raise SignOnRefusedError("the id_token is signed with a key the provider does not publish")
        return key

    def _known_key(self, kid: str | None, algorithm: str, keys: list[dict[str, Any]]) -> jwt.PyJWK | None:
        """Without a name in the token there may be one key only."""
        usable = [key for key in keys if key.get("use") in (None, "sig") and key.get("kty") != "oct"]
        named = [key for key in usable if key.get("kid") == kid] if kid is not None else usable
        if kid is None and len(usable) != 1:
            return None
        fitting = next((key for key in named if _fits(key, algorithm)), None)
        try:
            return jwt.PyJWK(fitting, algorithm=algorithm) if fitting else None
        except jwt.PyJWTError as error:
            raise SignOnRefusedError("the provider's key cannot be read") from error

    def _claims_of(self, found: dict[str, Any], issuer: str) -> Claims:
        email = found.get("email") if found.get("email_verified") is True else None
        username = str(found.get("preferred_username") or email or found["sub"]).split("@")[0]
        return Claims(
            issuer=issuer,
            subject=str(found["sub"]),
            name=str(found.get("name") or username),
            username=username,
            email=email.lower() if isinstance(email, str) else None,
            roles=_values(found, self.settings.role_claim),
            unit=_text(found.get("unit")),
            province=_text(found.get("province")),
        )

    # -- fetching --------------------------------------------------------------------------------

    async def _discover(self) -> _Provider:
        if self._provider is None:
            address = self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            try:
                provider = _Provider.model_validate(await self._fetch("GET", address))
            except ValidationError as error:
                raise SignOnRefusedError("the provider's configuration lacks something") from error
            if provider.issuer != self.settings.issuer:
                raise SignOnRefusedError("the provider's configuration names another issuer")
            self._provider = provider
        return self._provider

    async def _key_set(self, *, again: bool) -> list[dict[str, Any]]:
        """The provider's keys; ``again`` asks for new ones, at most every half minute."""
        now = self._clock()
        age = now - self._keys_at if self._keys_at else None
        if age is None or age > (_KEYS_ASKED_AGAIN if again else _KEYS_LAST):
            provider = await self._discover()
            found = (await self._fetch("GET", provider.jwks_uri)).get("keys")
            if not isinstance(found, list):
                raise SignOnRefusedError("the provider publishes no keys")
            self._keys = [key for key in found if isinstance(key, dict)]
            self._keys_at = now
        return self._keys

    async def _fetch(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            async with self._client() as client:
                answer = await client.request(method, address, headers={"Accept": "application/json"}, **more)
                if answer.status_code != httpx.codes.OK or len(answer.content) > _LONGEST_ANSWER:
                    raise SignOnRefusedError(f"the provider answered {answer.status_code}")
                found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SignOnRefusedError(f"the provider does not answer: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise SignOnRefusedError("the provider's answer is no object")
        return found


def challenge(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _refuse_bad_times(found: dict[str, Any], now: datetime) -> None:
    """By our clock, which tests hold; a minute either way is forgiven."""
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    times = {name: found.get(name) for name in ("exp", "iat", "nbf")}
    if not all(isinstance(value, int | float) for name, value in times.items() if name != "nbf" or value is not None):
        raise SignOnRefusedError("the id_token has no proper times")
    if times["exp"] + leeway <= seconds:  # type: ignore[operator]  # checked above
        raise SignOnRefusedError("the id_token has expired")
    if max(times["iat"], times["nbf"] or 0) - leeway > seconds:  # type: ignore[operator, type-var]  # checked above
        raise SignOnRefusedError("the id_token is from the future")


def _refuse_other_party(found: dict[str, Any], client_id: str) -> None:
    audience = found["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    party = found.get("azp")
    if (several and party is None) or party not in (None, client_id):
        raise SignOnRefusedError("the id_token was made for another party")


def _fits(key: dict[str, Any], algorithm: str) -> bool:
    """Whether this kind of key signs like that, and the provider does not say otherwise."""
    kinds = {"R": "RSA", "P": "RSA", "E": "OKP" if algorithm == "EdDSA" else "EC"}
    return key.get("kty") == kinds[algorithm[0]] and key.get("alg") in (None, algorithm)


def _values(found: dict[str, Any], path: str) -> tuple[str, ...]:
    """What stands at a dotted place, as texts."""
    here: Any = found
    for step in path.split(".") if path else []:
        here = here.get(step) if isinstance(here, dict) else None
    if here is found or here is None:
        return ()
    return tuple(str(each) for each in here) if isinstance(here, list) else (str(here),)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
