"""Rasa custom actions: slots in, one service call, a response name out.  One file each."""
