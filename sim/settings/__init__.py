"""Validated settings: the only form in which configuration reaches the engine."""
