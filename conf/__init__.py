"""Settings as YAML: county, scenario, plan, targets, team types."""
