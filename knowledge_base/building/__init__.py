"""Steps of the encoder's build; nothing that serves customers imports them."""
