import pytest

from bot.errors import WebhookAddressError, WebhookUnreachableError
from bot.outbox import sending
from bot.outbox.in_memory import InMemorySender
from bot.outbox.sending import HttpxSender, is_public
from tests.outbox.certificates import certificate_for
from tests.outbox.receiver import receiving

PUBLIC = "93.184.215.14"


def resolver(*addresses):
    async def resolve(host, port):
        return list(addresses)

    return resolve


@pytest.fixture
async def make_sender():
    made = []

    def make(**changes):
        made.append(HttpxSender(**changes))
        return made[-1]

    yield make
    for sender in made:
        await sender.close()


@pytest.fixture(params=["in_memory", "httpx"])
def any_sender(request, make_sender):
    if request.param == "in_memory":
        return InMemorySender()
    return make_sender(resolve=resolver(PUBLIC))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "hooks.example.com",
        "https://",
        "https://user:secret@hooks.example.com/",
        "http://localhost.example.com/",
        "http://10.0.0.1/",
        "https://hooks.example.com/" + "x" * 1000,
        "https://[::1",
        "javascript:alert(1)",
        "",
    ],
)
async def test_every_sender_refuses_urls_that_must_not_be_called(any_sender, url):
    with pytest.raises(WebhookAddressError):
        await any_sender.check(url)
    with pytest.raises(WebhookAddressError):
        await any_sender.post(url, b"{}", {})


async def test_every_sender_takes_https_on_the_internet(any_sender):
    await any_sender.check("https://hooks.example.com:8443/kuaida?x=1")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)
async def test_no_address_of_the_own_network_is_called(make_sender, address):
    sender = make_sender(resolve=resolver(PUBLIC, address))

    assert not is_public(address)
    with pytest.raises(WebhookAddressError, match="内网"):
        await sender.check("https://hooks.example.com/")
    with pytest.raises(WebhookAddressError, match="内网"):
        await sender.post("https://hooks.example.com/", b"{}", {})


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700:4700::1111"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


async def test_a_literal_address_is_no_way_around(make_sender):
    with pytest.raises(WebhookAddressError, match="内网"):
        await make_sender().check("https://169.254.169.254/latest/meta-data/")


async def test_a_name_that_does_not_resolve_is_refused(make_sender):
    async def resolve(host, port):
        raise OSError

    with pytest.raises(WebhookAddressError, match="无法解析"):
        await make_sender(resolve=resolve).check("https://hooks.example.com/")


async def test_a_setting_allows_the_own_network(make_sender):
    await make_sender(allow_private=True, resolve=resolver("10.0.0.1")).check("https://hooks.example.com/")


async def test_the_post_arrives_as_it_was_signed(make_sender):
    sender = make_sender(allow_private=True)
    async with receiving() as receiver:
        url = f"http://localhost:{receiver.port}/hook?a=%20b"
        status = await sender.post(url, '{"a":"你好"}'.encode(), {"X-Kuaida-Event": "ping"})

    ((headers, body),) = receiver.requests
    assert (status, body) == (204, '{"a":"你好"}'.encode())
    assert headers[":"] == "POST /hook?a=%20b HTTP/1.1"
    assert headers["host"] == f"localhost:{receiver.port}"
    assert headers["x-kuaida-event"] == "ping"
    assert headers["content-type"] == "application/json; charset=utf-8"


async def test_the_call_goes_to_the_address_that_was_checked_and_tls_is_for_the_name(make_sender, tmp_path):
    server, client = certificate_for("hooks.example.com", tmp_path)
    sender = make_sender(allow_private=True, resolve=resolver("127.0.0.1"), verify=client)
    async with receiving(tls=server) as receiver:
        status = await sender.post(f"https://hooks.example.com:{receiver.port}/", b"{}", {})
        with pytest.raises(WebhookUnreachableError):
            await sender.post(f"https://other.example.com:{receiver.port}/", b"{}", {})

    assert status == 204
    assert [headers["host"] for headers, _ in receiver.requests] == [f"hooks.example.com:{receiver.port}"]


async def test_a_redirect_is_an_answer_and_not_followed(make_sender):
    async with receiving() as target:
        away = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{target.port}/\r\n\r\n".encode()
        async with receiving(away) as receiver:
            status = await make_sender(allow_private=True).post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})

    assert (status, target.requests) == (302, [])


async def test_who_does_not_answer_in_time_is_unreachable(make_sender, monkeypatch):
    monkeypatch.setattr(sending, "ANSWER_WITHIN_S", 0.1)
    async with receiving(None) as receiver:
        with pytest.raises(WebhookUnreachableError, match="no answer within"):
            await make_sender(allow_private=True).post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})


async def test_who_speaks_no_http_is_unreachable(make_sender):
    async with receiving(b"hello\r\n\r\n") as receiver:
        with pytest.raises(WebhookUnreachableError):
            await make_sender(allow_private=True).post(f"http://127.0.0.1:{receiver.port}/", b"{}", {})


async def test_where_nobody_listens_is_unreachable(make_sender):
    async with receiving() as receiver:
        port = receiver.port

    with pytest.raises(WebhookUnreachableError):
        await make_sender(allow_private=True).post(f"http://127.0.0.1:{port}/", b"{}", {})


async def test_when_one_address_does_not_answer_the_next_is_called(make_sender):
    sender = make_sender(allow_private=True, resolve=resolver("127.0.0.2", "127.0.0.1"))
    async with receiving() as receiver:
        assert await sender.post(f"http://localhost:{receiver.port}/", b"{}", {}) == 204
