"""Many customers at once on a pushed channel, while processes die: what is lost, what is doubled, who has to wait."""
