-- A signature says from where it came, and for which company a member signed on the freelancer's behalf.
ALTER TABLE agreement_signature
    ADD COLUMN company_id bigint REFERENCES company,     -- NULL: the freelancer signed
    ADD COLUMN address text;                             -- of the network; NULL: not by a visitor

-- Of a task's document as well who signed, and the hash of the bytes that were signed.
ALTER TABLE task_acceptance_file
    ADD COLUMN signed_by bigint REFERENCES person,
    ADD COLUMN signed_for bigint REFERENCES company,     -- NULL: the freelancer signed
    ADD COLUMN signed_from text,
    ADD COLUMN signed_sha256 bytea;
UPDATE task_acceptance_file AS a
SET signed_by = t.freelancer_id, signed_sha256 = f.sha256
FROM task AS t, acceptance_file AS d, file AS f
WHERE t.id = a.task_id AND d.id = a.acceptance_file_id AND f.id = d.file_id AND a.signed_at IS NOT NULL;
ALTER TABLE task_acceptance_file
    ADD CHECK ((signed_at IS NULL) = (signed_by IS NULL) AND (signed_at IS NULL) = (signed_sha256 IS NULL));

-- What the operator puts in at the command line is no person's.
ALTER TABLE file ALTER COLUMN owner_id DROP NOT NULL;
