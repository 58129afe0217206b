"""Traffic: individual vehicles on a link-queue model after Newell's simplified kinematic wave."""
