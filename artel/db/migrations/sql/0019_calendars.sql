-- A range is read by its events' starts, from a week before it. The few that last longer than a week are found by these,
-- however early they began.
CREATE INDEX calendar_event_long_idx ON calendar_event (calendar_id, ends_at)
    WHERE ends_at - starts_at > interval '168 hours' AND deleted_at IS NULL;
CREATE INDEX calendar_event_long_schedule_idx ON calendar_event (schedule_id, ends_at)
    WHERE ends_at - starts_at > interval '168 hours' AND deleted_at IS NULL;
