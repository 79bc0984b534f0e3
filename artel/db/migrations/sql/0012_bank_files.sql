-- The installation's own accounts, which payouts are paid from. A row never changes: an account that was mistyped is
-- removed and added anew, so that a file can be written again exactly as it was.
CREATE TABLE bank_account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    currency text NOT NULL REFERENCES currency (code),
    holder text NOT NULL,
    number text NOT NULL,                        -- IBAN, another account number, or the 20 digits of a Russian account
    bic text,
    bik text,                                    -- Russian accounts: this and the next four
    correspondent_account text,
    bank_name text,
    tax_number text,                             -- INN
    kpp text,
    street text,
    postcode text,
    town text,
    country text REFERENCES country (code),
    added_at timestamptz NOT NULL,
    removed_at timestamptz,
    CHECK ((bic IS NULL) <> (bik IS NULL))
);
CREATE UNIQUE INDEX bank_account_currency_key ON bank_account (currency) WHERE removed_at IS NULL;

CREATE INDEX payout_waiting_idx ON payout (rail, endpoint_currency, id) WHERE status = 10;

-- A file for a bank. Its bytes follow from its lines alone.
CREATE TABLE bank_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    format text NOT NULL CHECK (format IN ('pain.001.001.09', '1c')),
    message_id text NOT NULL UNIQUE,             -- the bank refuses a second file with the same one
    storage_key text NOT NULL,
    created_at timestamptz NOT NULL,
    sha256 bytea,
    stored_at timestamptz,                       -- the bytes are in the file store
    written_at timestamptz,                      -- and in the operator's folder
    CHECK ((stored_at IS NULL) = (sha256 IS NULL)),
    CHECK (written_at IS NULL OR stored_at IS NOT NULL)
);
CREATE INDEX bank_file_unwritten_idx ON bank_file (id) WHERE written_at IS NULL;

-- One payout, one line, one file: the key sees to it.
CREATE TABLE bank_file_line (
    payout_id bigint PRIMARY KEY REFERENCES payout,
    file_id bigint NOT NULL REFERENCES bank_file,
    account_id bigint NOT NULL REFERENCES bank_account,
    scheme text NOT NULL CHECK (scheme IN ('sepa', 'swift', 'russian')),
    execution_date date NOT NULL,
    end_to_end_id text NOT NULL UNIQUE,
    payment_id text NOT NULL,                    -- of the group of lines that the bank may book as one sum
    order_number integer,                        -- Russian payment orders
    payee_tax_number text                        -- INN, as it stood when the file was made
);
CREATE INDEX bank_file_line_file_idx ON bank_file_line (file_id, payout_id);
CREATE INDEX bank_file_line_payment_idx ON bank_file_line (payment_id);
CREATE INDEX bank_file_line_order_idx ON bank_file_line (account_id, order_number) WHERE order_number IS NOT NULL;

-- What a bank reported of a payout, each kind once. A later entry of the same kind is the same one read again, or
-- money that moved twice: the bank's own reference tells which.
CREATE TABLE bank_report_entry (
    payout_id bigint NOT NULL REFERENCES payout,
    kind text NOT NULL CHECK (kind IN ('status', 'debit', 'return')),
    source text NOT NULL,                        -- 'pain.002', 'camt.054', '1c', 'operator'
    bank_reference text NOT NULL DEFAULT '',
    amount numeric,
    file_sha256 bytea,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (payout_id, kind)
);

-- Where a freelancer's payouts go by themselves: one place at most. Of several chosen before, the last one stays.
UPDATE payout_endpoint AS e
SET auto_pay = false
WHERE e.auto_pay AND (
    e.removed_at IS NOT NULL
    OR EXISTS (
        SELECT
        FROM payout_endpoint AS later
        WHERE later.freelancer_id = e.freelancer_id AND later.auto_pay AND later.removed_at IS NULL AND later.id > e.id
    )
);
CREATE UNIQUE INDEX payout_endpoint_auto_pay_key ON payout_endpoint (freelancer_id) WHERE auto_pay;

-- Paid tasks whose payout is to be made without being asked for. A row goes with the commit that makes the payout.
CREATE TABLE automatic_payout (
    task_id bigint PRIMARY KEY REFERENCES task,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text
);
CREATE INDEX automatic_payout_due_idx ON automatic_payout (due_at);
