"""How long the station keeps what it has, and how a booking is destroyed: by age, on order, and never under a legal hold."""
