"""Reading files that may be hostile, in a process of its own: `python -m assistant.extraction`."""
