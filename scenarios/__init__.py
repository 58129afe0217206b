"""Hazards, one folder each: a light ``spec.py`` and the model behind it."""
