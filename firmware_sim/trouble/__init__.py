"""How the faults of `firmware_sim.faults` are done: small pieces hung into the hooks of device, endpoints, hands and lines."""
