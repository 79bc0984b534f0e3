-- What a client gave with a booking. The account that an e-mail address leads to may belong to somebody else than
-- whoever typed it, so what was typed stands with the booking and not in the account.
ALTER TABLE event_attendee
    ADD COLUMN note text,                                -- to the host, with a seat in a group
    ADD COLUMN visitor_name text,
    ADD COLUMN visitor_phone text;                       -- digits alone, E.164 without the plus

-- Events of outside calendars are theirs to end.
DROP INDEX calendar_event_over_idx;
CREATE INDEX calendar_event_over_idx ON calendar_event (ends_at)
    WHERE status_id IN (100, 200) AND type_id = 1 AND deleted_at IS NULL AND creator_id IS NOT NULL;
