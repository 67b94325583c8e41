"""Builds the local model in corpus/model from corpus/training; users never install what this needs."""
