"""Figures, report and replay, made from run folders only."""
