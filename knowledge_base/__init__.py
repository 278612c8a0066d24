"""What the company knows: FAQ entries, the sentence encoder and the retriever over both."""
