"""Trainers and the knowledge base: finding, editing, trying, and bringing entries in and out."""
