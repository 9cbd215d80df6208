"""Who may do what at this station: officers, roles, passwords, second factors, sessions."""
