"""Forest fire: Rothermel surface spread on the terrain grid, crews that hold its edge, heat that harms."""
