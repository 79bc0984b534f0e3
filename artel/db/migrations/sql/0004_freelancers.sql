-- What only freelancers have. Personal data stand in `person`.
CREATE TABLE freelancer (
    person_id bigint PRIMARY KEY REFERENCES person,
    taxation_status smallint NOT NULL DEFAULT 1 CHECK (taxation_status IN (1, 3, 4)),
    taxation_blocked_till date,
    is_tax_payment_allowed boolean NOT NULL DEFAULT false,
    specialization_id integer REFERENCES specialization,
    registered_at timestamptz,                   -- password chosen, e-mail confirmed, personal data given
    verified_at timestamptz,                     -- identity confirmed
    created_at timestamptz NOT NULL
);

CREATE TABLE tax_info (
    person_id bigint PRIMARY KEY REFERENCES freelancer,
    residence_country text NOT NULL REFERENCES country (code),
    type text NOT NULL,
    tax_number text NOT NULL,
    vat_number text,
    registration_number text,
    updated_at timestamptz NOT NULL
);

-- Versions of the offer agreement. The newest version of the freelancer's language must be signed to start work.
CREATE TABLE agreement_template (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    version integer NOT NULL UNIQUE,
    title_ru text NOT NULL,
    title_en text NOT NULL,
    text_ru text NOT NULL,
    text_en text NOT NULL,
    published_at timestamptz NOT NULL
);

CREATE TABLE agreement_signature (
    person_id bigint NOT NULL REFERENCES freelancer,
    template_id bigint NOT NULL REFERENCES agreement_template,
    signed_at timestamptz NOT NULL,
    signed_by bigint NOT NULL REFERENCES person, -- the freelancer, or a member acting on behalf
    PRIMARY KEY (person_id, template_id)
);

-- Who works for whom, and under which alias. Leaving is an ended_at; being invited again clears it.
CREATE TABLE team_member (
    company_id bigint NOT NULL REFERENCES company,
    freelancer_id bigint NOT NULL REFERENCES freelancer,
    first_name text,                             -- the company's alias, not the person's name
    last_name text,
    note text,
    specialization text,
    invited_by bigint REFERENCES person,
    invited_at timestamptz NOT NULL,
    invite_sent_at timestamptz,
    made_profile boolean NOT NULL DEFAULT false, -- this company's invitation created the person
    joined_at timestamptz,                       -- the freelancer has said yes, by registering or on the page
    ended_at timestamptz,
    search tsvector NOT NULL DEFAULT '',         -- kept by the triggers below
    PRIMARY KEY (company_id, freelancer_id)
);
CREATE INDEX team_member_freelancer_idx ON team_member (freelancer_id);
CREATE INDEX team_member_team_idx ON team_member (company_id, freelancer_id) WHERE ended_at IS NULL;
CREATE INDEX team_member_invited_idx ON team_member (company_id, invited_at) WHERE ended_at IS NULL;
CREATE INDEX team_member_search_idx ON team_member USING gin (search) WHERE ended_at IS NULL;

-- A team is searched by the beginnings of words, in names and e-mail (the person's), alias, note and specialization
-- (the company's). One index serves every company: its id is a word of its own, as are the words of the note.
CREATE FUNCTION search_words(given text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT left(word, 60)), '{}')
    FROM regexp_split_to_table(lower(coalesce(given, '')), '[^[:alnum:]]+') AS word
    WHERE word <> ''
$$;

CREATE FUNCTION team_member_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT array_to_tsvector(
        ARRAY['company:' || new.company_id]
        || search_words(concat_ws(' ', p.email, p.first_name, p.middle_name, p.last_name))
        || search_words(concat_ws(' ', new.first_name, new.last_name, new.specialization, new.note))
        || ARRAY(SELECT 'note:' || word FROM unnest(search_words(new.note)) AS word)
    )
    INTO new.search
    FROM person AS p
    WHERE p.id = new.freelancer_id;
    RETURN new;
END
$$;
CREATE TRIGGER team_member_words
BEFORE INSERT OR UPDATE OF first_name, last_name, specialization, note, search ON team_member
FOR EACH ROW EXECUTE FUNCTION team_member_words();

-- A person's new name or address is found by every team they are in.
CREATE FUNCTION person_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE team_member
    SET search = ''
    WHERE freelancer_id = new.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER person_words
AFTER UPDATE OF email, first_name, middle_name, last_name ON person
FOR EACH ROW
WHEN ((old.email, old.first_name, old.middle_name, old.last_name)
    IS DISTINCT FROM (new.email, new.first_name, new.middle_name, new.last_name))
EXECUTE FUNCTION person_words();

-- The freelancer's row is part of how a team sees them, too: who keeps what a list of tasks showed of a freelancer
-- looks at the membership alone (artel.tasks.listing).
CREATE FUNCTION freelancer_seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE team_member
    SET search = ''
    WHERE freelancer_id = new.person_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER freelancer_seen
AFTER UPDATE OF verified_at, taxation_status ON freelancer
FOR EACH ROW
WHEN ((old.verified_at, old.taxation_status) IS DISTINCT FROM (new.verified_at, new.taxation_status))
EXECUTE FUNCTION freelancer_seen();

-- A stored file. Its bytes are in the object store under `storage_key`.
CREATE TABLE file (
    id bigint GENERATED BY DEFAULT AS IDENTITY (START WITH 5001) PRIMARY KEY,
    company_id bigint REFERENCES company,
    owner_id bigint NOT NULL REFERENCES person,
    name text NOT NULL,
    content_type text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    sha256 bytea NOT NULL,
    storage_key text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);
CREATE INDEX file_company_idx ON file (company_id);

-- Documents a freelancer signs per task, e.g. an NDA. company_id NULL: the operator's, for every company.
CREATE TABLE acceptance_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id bigint REFERENCES company,
    file_id bigint NOT NULL REFERENCES file,
    title_ru text NOT NULL,
    title_en text NOT NULL,
    created_at timestamptz NOT NULL,
    withdrawn_at timestamptz
);
CREATE INDEX acceptance_file_company_idx ON acceptance_file (company_id);
