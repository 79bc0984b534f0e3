"""Outside calendars: events taken from them (feeds, Google, CalDAV) and given to them (Google, CalDAV)."""
