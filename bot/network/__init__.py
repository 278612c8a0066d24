"""The network: its outlets, the places it knows, and what a parcel costs, how long it takes, where it is brought."""
