"""The ledger: fines, rewards and service scores of units, by rule, and never changed afterwards."""
