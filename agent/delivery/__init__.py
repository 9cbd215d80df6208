"""The uplink: outbox, inbox, chunks, MQTT. It can delay; it can neither read nor forge."""
