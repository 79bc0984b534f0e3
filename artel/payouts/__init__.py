"""Money out: where freelancers take it to, and the payouts themselves."""
