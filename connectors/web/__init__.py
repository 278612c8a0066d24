"""The web chat: a WebSocket protocol, a widget and a demo page."""
