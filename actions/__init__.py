"""Rasa custom actions: slots in, one service call, a response name out.  One file each."""

from actions.registry import build_actions
from actions.services import Services

__all__ = ["Services", "build_actions"]
