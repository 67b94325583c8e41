"""Measures the assistant's judgement and decides whether a change to it may ship; the product never imports it."""
