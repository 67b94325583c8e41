"""The assistant that helps a city turn a resident's problem into a use case worth testing."""

__version__ = "0.1.0"
