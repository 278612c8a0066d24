"""Names: of the channel of each account, and of its contacts on it."""

CHANNEL = "callback"
NAME = r"^[a-z][a-z0-9-]{1,30}$"


def channel_of(account: str) -> str:
    """The channel of an account: what deliveries, customers and the desk call it."""
    return f"{CHANNEL}:{account}"


def address_of(account: str, contact: str) -> str:
    """A contact's address.  It names its account, so that it says for itself where it leads."""
    return f"{account}/{contact}"


def parted(address: str) -> tuple[str, str]:
    """Account and contact of an address."""
    account, _, contact = address.partition("/")
    return account, contact
