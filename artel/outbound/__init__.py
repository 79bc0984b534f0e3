"""Calls to addresses that somebody else chose: which are on the public Internet, and how to reach those alone."""
