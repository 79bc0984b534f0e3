"""What banks report, read into one form (`entries`), whatever the format."""
