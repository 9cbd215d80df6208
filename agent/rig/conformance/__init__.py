"""The conformance suite of drivers: what `drivers.device.Scanner` promises, asked of any driver on any rung (`agent.rig.target`).

A vendor runs it against a driver of his own: `agent.rig.conformance.suite.run(target)`, or `livescan rig conformance --device SERIAL`.
"""
