"""Entries as spreadsheets, and policy documents as entries."""
