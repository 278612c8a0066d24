"""Calling a receiver over HTTP: which addresses may be called at all, and one POST to a checked address."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Protocol

import httpx

from bot.errors import WebhookAddressError, WebhookUnreachableError

ANSWER_WITHIN_S = 10.0
CONNECT_WITHIN_S = 3.0
LONGEST_URL = 1000
_LOCAL = {"localhost", "127.0.0.1", "::1"}
# Addresses that lead to an IPv4 address through a translator: 6to4, Teredo, NAT64.
_TRANSLATED = tuple(IPv6Network(net) for net in ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48"))

Resolve = Callable[[str, int], Awaitable[list[str]]]


class WebhookSender(Protocol):
    """Whoever can call a receiver."""

    async def check(self, url: str) -> None:
        """Raises `WebhookAddressError` for a URL that must not be called, in words for the administrator."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The HTTP status of the answer.  Raises `WebhookAddressError`, `WebhookUnreachableError`."""


class HttpxSender:
    """Calls receivers, by default only those on the public internet.

    The name is resolved here, every address it has is checked, and the connection goes to a checked address, so that a
    name cannot mean something else a moment later.  No redirect is followed, no proxy used, no connection used twice,
    and of an answer nothing but its status is read.

    Parameters
    ----------
    allow_private: receivers in the company's own network may be called too.
    resolve: the addresses of a host name; the system's resolver unless a test knows better.
    verify: what TLS certificates are trusted.
    """

    def __init__(
        self, *, allow_private: bool = False, resolve: Resolve | None = None, verify: ssl.SSLContext | None = None
    ) -> None:
        self._allow_private = allow_private
        self._resolve = resolve or _resolve
        self._client = httpx.AsyncClient(
            verify=verify or ssl.create_default_context(),
            timeout=httpx.Timeout(ANSWER_WITHIN_S, connect=CONNECT_WITHIN_S),
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Kuaida-Webhooks/1"},
        )

    async def check(self, url: str) -> None:
        await self._addresses(checked_url(url))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        parsed = checked_url(url)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await self._post(parsed, await self._addresses(parsed), body, headers)
        except TimeoutError as error:
            raise WebhookUnreachableError(f"no answer within {ANSWER_WITHIN_S:.0f} s") from error
        except httpx.HTTPError as error:
            raise WebhookUnreachableError(type(error).__name__) from error

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, url: httpx.URL, addresses: list[str], body: bytes, headers: Mapping[str, str]) -> int:
        """One POST, to the first address that takes the connection."""
        for address in addresses[:-1]:
            try:
                return await self._post_to(address, url, body, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._post_to(addresses[-1], url, body, headers)

    async def _post_to(self, address: str, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> int:
        async with self._client.stream(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={**headers, "Host": url.netloc.decode(), "Content-Type": "application/json; charset=utf-8"},
            extensions={"sni_hostname": url.host},
        ) as answer:
            return answer.status_code

    async def _addresses(self, url: httpx.URL) -> list[str]:
        try:
            addresses = await self._resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        except OSError as error:
            raise WebhookAddressError(f"推送地址的域名 {url.host} 无法解析") from error
        if not self._allow_private and any(not is_public(address) for address in addresses):
            raise WebhookAddressError(f"推送地址 {url.host} 指向内网，系统设置不允许推送到内网")
        return addresses


def checked_url(url: str) -> httpx.URL:
    """A URL of the kind that may be called at all.  Raises `WebhookAddressError`."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise WebhookAddressError("推送地址不是有效的网址") from error
    if len(url) > LONGEST_URL or not parsed.host or parsed.userinfo:
        raise WebhookAddressError("推送地址不是有效的网址，也不能包含账号密码")
    if parsed.scheme != "https" and not (parsed.scheme == "http" and parsed.host in _LOCAL):
        raise WebhookAddressError("推送地址必须以 https:// 开头")
    return parsed


def is_public(address: str) -> bool:
    """Whether an address lies on the public internet and is one machine's."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in _TRANSLATED):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


async def _resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
