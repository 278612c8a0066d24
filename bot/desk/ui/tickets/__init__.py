"""The pages of tickets: lists, one ticket, the arbitration workbench, the ledger."""
