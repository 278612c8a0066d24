"""WeChat: the simulator developers chat with, for tests."""

from connectors.wechat.simulator import NO_SERVICE, Phone, Pushed, Rules, WeChatSimulator

__all__ = ["NO_SERVICE", "Phone", "Pushed", "Rules", "WeChatSimulator"]
