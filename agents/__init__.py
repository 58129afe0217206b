"""Who acts: residents, rescue teams, supply trucks and the command post."""
