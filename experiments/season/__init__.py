"""Fire seasons: an ensemble of fires over the years, fought by the plan's teams, without residents."""
