"""One module a version, oldest first; a released one is never edited."""
