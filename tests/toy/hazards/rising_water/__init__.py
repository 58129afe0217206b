"""A toy hazard: a circle that grows from a place."""
