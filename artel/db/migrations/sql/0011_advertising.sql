-- What the law on labelling advertisements wants to know: for whom an advertisement is, and the chain of contracts
-- from them to whoever does the work. Nothing here is ever removed: tasks name it.
CREATE TABLE advertising_organisation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id bigint REFERENCES company,        -- whose books it stands in; NULL: the platform itself, for everybody
    uuid uuid NOT NULL,                          -- the company's own choice
    is_primary boolean NOT NULL DEFAULT false,   -- the company's record of itself
    legal_type text NOT NULL CHECK (
        legal_type IN ('legal', 'individual', 'entrepreneur', 'foreign_legal', 'foreign_individual', 'foreign_entrepreneur')
    ),
    full_opf text,                               -- form of incorporation and full name
    fio text,                                    -- a person's full name
    inn text,
    kpp text,
    ogrn text,
    ogrnip text,
    registration_number text,
    tax_id text,
    phone_number text,                           -- digits alone, E.164 without the plus
    payment_number text,                         -- a card's is kept as its first six and last four digits
    region_number integer REFERENCES country (oksm),
    created_at timestamptz NOT NULL,
    created_by bigint REFERENCES person,         -- NULL: the operator
    CHECK (num_nonnulls(full_opf, fio) = 1),
    UNIQUE NULLS NOT DISTINCT (company_id, uuid)
);
CREATE UNIQUE INDEX advertising_organisation_platform_key ON advertising_organisation ((true)) WHERE company_id IS NULL;
CREATE UNIQUE INDEX advertising_organisation_primary_key ON advertising_organisation (company_id) WHERE is_primary;
-- A company knows each once. A person may stand there twice: as an individual and as an entrepreneur.
CREATE UNIQUE INDEX advertising_organisation_inn_key ON advertising_organisation (company_id, legal_type, inn)
    WHERE inn IS NOT NULL;
CREATE UNIQUE INDEX advertising_organisation_registration_key
    ON advertising_organisation (company_id, legal_type, region_number, registration_number)
    WHERE legal_type LIKE 'foreign%' AND registration_number IS NOT NULL;
CREATE UNIQUE INDEX advertising_organisation_tax_key
    ON advertising_organisation (company_id, legal_type, region_number, tax_id)
    WHERE legal_type LIKE 'foreign%' AND tax_id IS NOT NULL;
CREATE INDEX advertising_organisation_list_idx ON advertising_organisation (company_id, id);

CREATE TABLE advertising_contract (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company_id bigint NOT NULL REFERENCES company,
    uuid uuid NOT NULL,
    is_primary boolean NOT NULL DEFAULT false,   -- the company's contract with the platform
    customer_id bigint NOT NULL REFERENCES advertising_organisation,
    performer_id bigint NOT NULL REFERENCES advertising_organisation,
    number text NOT NULL DEFAULT '',             -- '': it has none
    signed_on date NOT NULL,
    type text NOT NULL CHECK (type IN ('service', 'intermediary', 'additional_agreement')),
    subject text NOT NULL
        CHECK (subject IN ('distribution', 'organisation', 'intermediary', 'representation', 'other')),
    action text CHECK (action IN ('conclusion', 'distribution', 'commercial', 'other')),    -- an intermediary's
    additional_number text NOT NULL DEFAULT '',
    additional_signed_on date,
    parent_id bigint REFERENCES advertising_contract,
    price numeric CHECK (price >= 0),
    with_vat boolean NOT NULL DEFAULT false,
    is_creative_reporter boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    created_by bigint REFERENCES person,         -- NULL: the operator
    edited_at timestamptz NOT NULL,
    UNIQUE (company_id, uuid),
    CHECK (customer_id <> performer_id),
    CHECK ((type = 'additional_agreement') = (parent_id IS NOT NULL)),
    CHECK (type <> 'intermediary' OR action IS NOT NULL)
);
CREATE UNIQUE INDEX advertising_contract_primary_key ON advertising_contract (company_id) WHERE is_primary;
CREATE UNIQUE INDEX advertising_contract_number_key
    ON advertising_contract (company_id, customer_id, performer_id, number, additional_number)
    WHERE number <> '';
CREATE INDEX advertising_contract_list_idx ON advertising_contract (company_id, id);

-- The end contracts that a task's advertising is made for, in the order given. Written with the task.
CREATE TABLE task_contract (
    task_id bigint NOT NULL REFERENCES task,
    contract_id bigint NOT NULL REFERENCES advertising_contract,
    position smallint NOT NULL,
    sum numeric CHECK (sum > 0),                 -- worker currency; NULL: the only contract, which has all of the price
    PRIMARY KEY (task_id, contract_id)
);
CREATE INDEX task_contract_contract_idx ON task_contract (contract_id);

-- A company's insurance of tasks. No row: none.
CREATE TABLE insurance_product (
    company_id bigint PRIMARY KEY REFERENCES company,
    premium numeric NOT NULL CHECK (premium > 0),       -- a task, company currency
    by_default boolean NOT NULL DEFAULT false,           -- tasks that say nothing are insured
    changed_at timestamptz NOT NULL
);

-- The premium, part of `total`. 0: not insured.
ALTER TABLE task ADD COLUMN insurance numeric NOT NULL DEFAULT 0 CHECK (insurance >= 0);
