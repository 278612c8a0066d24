"""What agents have at hand while they talk: canned responses, answers, notes, checks, masking, and the summary."""
