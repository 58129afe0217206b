"""What every scenario shares: clock, model, contracts, world, random streams, recorder, KPIs."""
