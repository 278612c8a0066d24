"""Understanding: the engine that answers, its training and its evaluation."""
