-- What a person shows, beside the columns of 0016.
ALTER TABLE person
    ADD COLUMN links jsonb NOT NULL DEFAULT '[]',         -- [{"label", "url"}]
    ADD COLUMN salary jsonb,                              -- {"amount", "currency", "per"}: what they ask for
    ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',      -- their client's own, kept as it was sent
    ADD COLUMN profile_updated_at timestamptz;            -- NULL: as it was made

CREATE TABLE person_document (
    person_id bigint NOT NULL REFERENCES person,
    file_id bigint NOT NULL REFERENCES file,
    added_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, file_id)
);
CREATE INDEX person_document_file_idx ON person_document (file_id);

-- Pictures: how large the kept one is, and smaller ones of it.
ALTER TABLE file ADD COLUMN width integer, ADD COLUMN height integer;
CREATE TABLE file_size (
    file_id bigint NOT NULL REFERENCES file,
    longest_side integer NOT NULL,                        -- in pixels, at most: what it is asked for by
    width integer NOT NULL,
    height integer NOT NULL,
    size_bytes bigint NOT NULL,
    storage_key text NOT NULL UNIQUE,
    PRIMARY KEY (file_id, longest_side)
);
-- What somebody has uploaded of late is limited.
CREATE INDEX file_owner_idx ON file (owner_id, created_at) INCLUDE (size_bytes);
-- Who may see a picture: whether it is somebody's photo.
CREATE INDEX person_photo_idx ON person (photo_file_id) WHERE photo_file_id IS NOT NULL;
