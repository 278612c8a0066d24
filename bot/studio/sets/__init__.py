"""Evaluation sets made of real conversations, labelled by two people each, and dialogues that must go on working."""
