"""A person's hands on the platen."""
