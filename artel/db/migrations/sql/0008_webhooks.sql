-- Where a company is told of events. One in use a company; a removed one stays with what was sent to it.
CREATE TABLE web_hook (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id bigint NOT NULL REFERENCES company,
    url text NOT NULL,
    secret text NOT NULL,                        -- signs; its owner has to be shown it, so it is not hashed
    status text NOT NULL CHECK (status IN ('enabled', 'disabled')),
    disabled_reason text CHECK (disabled_reason IN ('gone', 'failing')), -- NULL: its company wished it so
    last_triggered_at timestamptz,
    last_failed_at timestamptz,
    failing_since timestamptz,                   -- the first failure after the last success at this URL
    created_at timestamptz NOT NULL,
    removed_at timestamptz,
    CHECK (removed_at IS NULL OR status = 'disabled'),
    CHECK (disabled_reason IS NULL OR status = 'disabled')
);
CREATE UNIQUE INDEX web_hook_company_key ON web_hook (company_id) WHERE removed_at IS NULL;

-- One event on its way to one hook, with what was said at the last try. Written in the event's transaction.
CREATE TABLE web_hook_delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hook_id bigint NOT NULL REFERENCES web_hook,
    company_id bigint NOT NULL REFERENCES company,
    event_id bigint NOT NULL REFERENCES event,
    name text NOT NULL,                          -- the event's
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed', 'cancelled')),
    queued_at timestamptz NOT NULL,              -- tries are counted from here: the event, or its replay
    due_at timestamptz,                          -- of the next try; while one is in hand, when it is taken for lost
    attempts integer NOT NULL DEFAULT 0,
    tried_at timestamptz,
    signed_at timestamptz,                       -- the same moment by the world's clock: the receiver's
    tried_url text,
    took_ms integer,
    answer_status smallint,
    answer_headers jsonb,
    answer_body text,
    error text,                                  -- why the last try failed; NULL: it did not, or is in hand
    created_at timestamptz NOT NULL,
    CHECK ((state = 'waiting') = (due_at IS NOT NULL))
);
-- What waits, hook by hook: one step of this index finds a hook's earliest, another the next hook's.
CREATE INDEX web_hook_delivery_due_idx ON web_hook_delivery (hook_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX web_hook_delivery_company_idx ON web_hook_delivery (company_id, id);
CREATE INDEX web_hook_delivery_state_idx ON web_hook_delivery (company_id, state, id);
CREATE INDEX web_hook_delivery_name_idx ON web_hook_delivery (company_id, name, id);
CREATE INDEX web_hook_delivery_created_idx ON web_hook_delivery (created_at);

-- What the sandbox's receiver answered.
ALTER TABLE sandbox_webhook ADD COLUMN answered smallint NOT NULL DEFAULT 200;
