"""A model server that fails on purpose, and the proof that it fails as described."""
