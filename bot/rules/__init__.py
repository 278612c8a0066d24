"""Decision tables that the business edits: the system judges by them and says why."""
