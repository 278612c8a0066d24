"""Which channels have to be pushed."""

from bot.delivery.ports import Channel
from bot.errors import SetupError


class Channels:
    """Channels by name.  One called ``callback`` also serves ``callback:shop`` and the like.

    A channel that is not here, like the web page, reads what is said to it from the log.
    """

    def __init__(self, *channels: Channel) -> None:
        self._channels: dict[str, Channel] = {}
        for channel in channels:
            self.add(channel)

    def add(self, channel: Channel) -> None:
        """Raises `SetupError` for a second one of its name."""
        if channel.name in self._channels:
            raise SetupError(f"two channels are called {channel.name}")
        self._channels[channel.name] = channel

    def of(self, name: str) -> Channel | None:
        return self._channels.get(name) or self._channels.get(name.partition(":")[0])

    def names(self) -> list[str]:
        return list(self._channels)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.of(name) is not None
