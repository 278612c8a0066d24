"""The core: conversations, customers, waybills, tickets, the desk.  Knows no vendor and never imports rasa."""
