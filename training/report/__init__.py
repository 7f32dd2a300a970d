"""Reports: what a person reads about a trained model, made from its own numbers; and comparing two versions."""
