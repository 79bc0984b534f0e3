-- A task is priced anew with its own percents, whatever its company's have become. Those there were priced with the
-- company's.
ALTER TABLE task ADD COLUMN sales_tax_percent numeric(6, 3) NOT NULL DEFAULT 0;
UPDATE task AS t
SET sales_tax_percent = c.sales_tax_percent
FROM company AS c
WHERE c.id = t.company_id AND t.sales_tax > 0;

-- Terms of a task that its client wants to be others: proposed to the freelancer, or changed at once while nobody has
-- agreed to them. A column that is NULL stays as it is. Kept for ever: it says what was agreed, and when.
CREATE TABLE task_changeset (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 3001) PRIMARY KEY,
    task_id bigint NOT NULL REFERENCES task,
    from_state smallint NOT NULL CHECK (from_state IN (1, 2, 3, 17)),   -- where the task was, and goes back to
    proposed_by bigint NOT NULL REFERENCES person,
    proposed_at timestamptz NOT NULL,
    title text,
    description text,
    worker_price numeric CHECK (worker_price > 0),
    deadline timestamptz,
    deadline_type smallint CHECK (deadline_type IN (1, 2)),
    attributes jsonb,
    need_report boolean,
    copyright boolean,
    previous jsonb NOT NULL,                     -- what the columns above said of the task then
    outcome text CHECK (outcome IN ('agreed', 'refused', 'withdrawn', 'applied')),
    closed_by bigint REFERENCES person,
    closed_at timestamptz,
    CHECK ((outcome IS NULL) = (closed_at IS NULL)),
    CHECK (num_nonnulls(title, description, worker_price, deadline, deadline_type, attributes, need_report, copyright) > 0)
);
CREATE INDEX task_changeset_task_idx ON task_changeset (task_id, id);
-- One proposal at a time.
CREATE UNIQUE INDEX task_changeset_open_key ON task_changeset (task_id) WHERE outcome IS NULL;

-- The operator's list of disputes, the longest waiting first.
CREATE INDEX task_disputed_idx ON task (state_changed_at, id) WHERE state = 13;
