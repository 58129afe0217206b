"""The command post, what it knows and whom it sends."""
