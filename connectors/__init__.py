"""Channels: each folder turns one platform's messages into ours and back."""
