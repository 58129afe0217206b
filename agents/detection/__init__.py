"""Detection of incidents: what cameras, towers and patrols see, and when; citizens' calls besides."""
