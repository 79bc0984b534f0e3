-- What is attached to a mail; erased with its text once it is sent.
CREATE TABLE message_attachment (
    message_id bigint NOT NULL REFERENCES message ON DELETE CASCADE,
    position smallint NOT NULL,
    name text NOT NULL,
    content_type text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (message_id, position)
);

-- One mail about an event to one person, to be written when it is due: news at once, a reminder before the event.
-- News go once they are written; a reminder stays, so that the same one is never written twice.
CREATE TABLE event_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id bigint NOT NULL REFERENCES calendar_event,
    person_id bigint NOT NULL REFERENCES person,
    kind text NOT NULL CHECK (kind IN (
        'invited', 'booked', 'confirmed', 'declined', 'cancelled', 'moved', 'proposed', 'rejected', 'reminder'
    )),
    facts jsonb NOT NULL DEFAULT '{}',
    due_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE UNIQUE INDEX event_letter_reminder_key ON event_letter (event_id, person_id, due_at) WHERE kind = 'reminder';
CREATE INDEX event_letter_due_idx ON event_letter (due_at, id) WHERE sent_at IS NULL;
CREATE INDEX event_letter_event_idx ON event_letter (event_id);
CREATE INDEX event_letter_person_idx ON event_letter (person_id);

-- Why a proposal was rejected without a "no": what it asked for could not be done any more. A code of a refusal.
ALTER TABLE correction ADD COLUMN settled_reason text;

-- Children of an event, in order.
CREATE INDEX calendar_event_children_idx ON calendar_event (parent_id, starts_at, id) WHERE deleted_at IS NULL;
