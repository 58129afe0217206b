"""A county's facts, and the World of terrain, roads, places and households built from them."""
