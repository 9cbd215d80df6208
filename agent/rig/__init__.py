"""The rig: devices and their drivers put to the test, simulated or real, by the same cases and the same scenarios."""
