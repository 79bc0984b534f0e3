-- Who changed what. Written in the transaction of the change.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_id bigint REFERENCES person,           -- NULL: the system
    company_id bigint REFERENCES company,
    action text NOT NULL,
    subject text NOT NULL,                       -- 'task', 'payout', …
    subject_id bigint,
    facts jsonb NOT NULL DEFAULT '{}',
    trace_id text
);
CREATE INDEX audit_subject_idx ON audit (subject, subject_id, id);
CREATE INDEX audit_company_idx ON audit (company_id, id);

-- Replies kept for an Idempotency-Key: the same key and body get the same reply again.
CREATE TABLE idempotency_key (
    scope text NOT NULL,                         -- who: the person and the company they acted for
    key text NOT NULL,
    fingerprint bytea NOT NULL,                  -- sha256 of method, path and body
    status smallint,
    reply bytea,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_key_created_idx ON idempotency_key (created_at);

-- What happened, for those who want to be told: web hooks read from here.
CREATE TABLE event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT gen_random_uuid(),
    company_id bigint NOT NULL REFERENCES company,
    name text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX event_company_idx ON event (company_id, id);

-- Mail and SMS to be sent. The sandbox's mailbox is this table; elsewhere the text goes once it is sent or given up.
CREATE TABLE message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('email', 'sms')),
    recipient text NOT NULL,
    subject text NOT NULL DEFAULT '',
    text text,
    html text,
    code text,
    link text,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    gave_up_at timestamptz,                      -- refused for good, or tried for too long; last_error says why
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    CHECK (sent_at IS NULL OR gave_up_at IS NULL)
);
CREATE INDEX message_recipient_idx ON message (recipient, id DESC);
CREATE INDEX message_waiting_idx ON message (created_at) WHERE sent_at IS NULL AND gave_up_at IS NULL;

-- How often something was tried in the window under way. A window that has ended counts as none.
CREATE TABLE rate_limit (
    key text PRIMARY KEY,
    hits integer NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX rate_limit_ends_idx ON rate_limit (ends_at);

-- The sandbox's clock: how far the business's time is from the machine's. One row.
CREATE TABLE sandbox_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    offset_seconds double precision NOT NULL
);

-- What the sandbox's own web hook receiver was sent.
CREATE TABLE sandbox_webhook (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL
);
