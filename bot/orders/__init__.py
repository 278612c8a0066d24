"""Orders: a customer asks for a courier to come and pick something up."""
