"""Residents as columns, their agent views and their behaviour kernels."""
