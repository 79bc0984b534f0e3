"""Mail and SMS: written down with what caused them, sent by the worker."""
