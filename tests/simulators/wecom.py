"""WeCom customer service: the simulator developers chat with, for tests."""

from connectors.wecom.simulated import KFID, USER, Phone, Pushed, Rules, Session
from connectors.wecom.simulator import Account, WeComSimulator

__all__ = ["KFID", "USER", "Account", "Phone", "Pushed", "Rules", "Session", "WeComSimulator"]
