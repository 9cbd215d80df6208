"""Set-ups of brokers: who may say and hear what, and the configuration of each kind, from the templates in config/brokers."""
