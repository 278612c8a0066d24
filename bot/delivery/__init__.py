"""Getting what we say to the customer: in order, once, by the channel's own rules."""
