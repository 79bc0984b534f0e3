-- One go at proving who somebody is: a draft while photos come in, then waiting for its decision.
CREATE TABLE verification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    freelancer_id bigint NOT NULL REFERENCES freelancer,
    company_id bigint REFERENCES company,        -- whose link it came by
    link_hash bytea UNIQUE,                      -- of the link whose page fills the draft; links go when they expire
    redirect_url text,
    document text NOT NULL CHECK (document IN ('passport', 'id_card', 'driving_licence', 'residence_permit')),
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'waiting', 'verified', 'declined')),
    reason_code text,                            -- of a decline
    reason_en text,
    reason_ru text,
    provider text,                               -- who is asked to decide; NULL: the operator
    provider_reference text,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz,                          -- when the provider is spoken to next; NULL: not again
    asked_at timestamptz,                        -- when it first was about to be
    created_at timestamptz NOT NULL,
    submitted_at timestamptz,
    decided_at timestamptz,
    decided_by bigint REFERENCES person,         -- NULL: the provider
    CHECK ((status IN ('verified', 'declined')) = (decided_at IS NOT NULL)),
    CHECK (status <> 'declined' OR (reason_code IS NOT NULL AND reason_en IS NOT NULL AND reason_ru IS NOT NULL)),
    CHECK (due_at IS NULL OR (status = 'waiting' AND provider IS NOT NULL))
);
CREATE UNIQUE INDEX verification_waiting_key ON verification (freelancer_id) WHERE status = 'waiting';
CREATE INDEX verification_queue_idx ON verification (submitted_at, id) WHERE status = 'waiting';
CREATE INDEX verification_due_idx ON verification (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX verification_freelancer_idx ON verification (freelancer_id, id);

-- Each step of one, as it was taken.
CREATE TABLE verification_step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    verification_id bigint NOT NULL REFERENCES verification,
    from_status text NOT NULL,
    to_status text NOT NULL,
    actor_id bigint REFERENCES person,           -- NULL: the provider
    at timestamptz NOT NULL,
    reason text
);
CREATE INDEX verification_step_idx ON verification_step (verification_id, id);

-- A photo. The row is there before its bytes are, and goes after they have gone, so that no bytes are ever forgotten.
CREATE TABLE verification_photo (
    storage_key text PRIMARY KEY,
    verification_id bigint NOT NULL REFERENCES verification,
    part text NOT NULL CHECK (part IN ('front', 'back', 'selfie')),
    size_bytes bigint NOT NULL,
    sha256 bytea NOT NULL,                       -- of what is kept
    created_at timestamptz NOT NULL,
    stored_at timestamptz,                       -- NULL: the bytes may, or may not, be there
    replaced_at timestamptz                      -- another was taken instead
);
CREATE UNIQUE INDEX verification_photo_part_key ON verification_photo (verification_id, part)
    WHERE stored_at IS NOT NULL AND replaced_at IS NULL;
CREATE INDEX verification_photo_verification_idx ON verification_photo (verification_id);

-- A Russian freelancer's new tax status on its way: what they gave, and what the tax service said to it.
CREATE TABLE taxation_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    freelancer_id bigint NOT NULL REFERENCES freelancer,
    company_id bigint REFERENCES company,        -- who asked for it
    from_status smallint NOT NULL,
    to_status smallint NOT NULL,
    state text NOT NULL CHECK (state IN ('checking', 'done', 'declined')),
    tax_number text,
    reason text,                                 -- of a decline
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz,                          -- when the tax service is asked next
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    CHECK ((state = 'checking') = (decided_at IS NULL)),
    CHECK (due_at IS NULL OR state = 'checking')
);
CREATE UNIQUE INDEX taxation_change_checking_key ON taxation_change (freelancer_id) WHERE state = 'checking';
CREATE INDEX taxation_change_freelancer_idx ON taxation_change (freelancer_id, id);
CREATE INDEX taxation_change_due_idx ON taxation_change (due_at) WHERE due_at IS NOT NULL;
