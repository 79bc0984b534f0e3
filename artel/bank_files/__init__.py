"""Files that carry payouts to banks, and what banks report of them. An operator takes them there and back."""
