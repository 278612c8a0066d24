"""Actions, driven without Rasa."""
