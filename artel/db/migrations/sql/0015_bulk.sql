-- A table of tasks or of payments that somebody uploaded on a page: looked at first, written once confirmed.
CREATE TABLE bulk_upload (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    company_id bigint NOT NULL REFERENCES company,
    person_id bigint NOT NULL REFERENCES person,
    kind text NOT NULL CHECK (kind IN ('tasks', 'payments')),
    mode text NOT NULL CHECK (mode IN ('all', 'each')),
    file_name text NOT NULL,
    content bytea NOT NULL,
    line_count integer NOT NULL,
    done_count integer NOT NULL DEFAULT 0,       -- lines worked off; `results` has as many
    results jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX bulk_upload_company_idx ON bulk_upload (company_id, id);
