CREATE TABLE currency (
    code text PRIMARY KEY,
    id smallint NOT NULL UNIQUE,                 -- the number the customer API knows it by
    exponent smallint NOT NULL,                  -- digits after the point
    title_ru text NOT NULL,
    title_en text NOT NULL
);
INSERT INTO currency VALUES
    ('RUB', 1, 2, 'Российский рубль', 'Russian rouble'),
    ('USD', 2, 2, 'Доллар США', 'US dollar'),
    ('EUR', 3, 2, 'Евро', 'Euro'),
    ('KZT', 4, 2, 'Казахстанский тенге', 'Kazakhstani tenge'),
    ('USDT', 5, 6, 'Tether', 'Tether'),
    ('USDC', 6, 6, 'USD Coin', 'USD Coin'),
    ('BTC', 7, 8, 'Биткойн', 'Bitcoin'),
    ('ETH', 8, 18, 'Эфир', 'Ether');
ALTER TABLE company ADD FOREIGN KEY (currency) REFERENCES currency (code);

-- Quoted rates, newest row of a pair in force. `rate` is what is charged; `market_rate` what the source said.
CREATE TABLE exchange_rate (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    base text NOT NULL REFERENCES currency (code),
    target text NOT NULL REFERENCES currency (code),
    rate numeric NOT NULL CHECK (rate > 0),
    market_rate numeric CHECK (market_rate > 0),
    spread_percent numeric NOT NULL DEFAULT 0,
    source text NOT NULL CHECK (source IN ('file', 'ecb', 'cbr', 'operator')),
    quoted_at timestamptz NOT NULL
);
CREATE INDEX exchange_rate_pair_idx ON exchange_rate (base, target, id DESC);

CREATE TABLE country (
    code text PRIMARY KEY,                       -- ISO 3166-1 alpha-2
    alpha3 text NOT NULL UNIQUE,
    oksm integer NOT NULL UNIQUE,                -- OKSM's number is ISO 3166-1's
    title_ru text NOT NULL,
    title_en text NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);

CREATE TABLE service_category (
    id integer PRIMARY KEY,
    title_ru text NOT NULL,
    title_en text NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);

CREATE TABLE service (
    id integer PRIMARY KEY,
    category_id integer NOT NULL REFERENCES service_category,
    title_ru text NOT NULL,
    title_en text NOT NULL,
    title_doc_ru text NOT NULL,
    title_doc_en text NOT NULL,
    is_advertising boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true
);
CREATE INDEX service_category_idx ON service (category_id);

CREATE TABLE attribute (
    id integer PRIMARY KEY,
    title_ru text NOT NULL,
    title_en text NOT NULL,
    description_ru text NOT NULL DEFAULT '',
    description_en text NOT NULL DEFAULT '',
    type text NOT NULL CHECK (type IN ('text', 'number', 'select', 'multiselect', 'url', 'date')),
    type_id integer NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);

CREATE TABLE attribute_option (
    id integer PRIMARY KEY,
    attribute_id integer NOT NULL REFERENCES attribute,
    position integer NOT NULL,
    value_ru text NOT NULL,
    value_en text NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);
CREATE INDEX attribute_option_attribute_idx ON attribute_option (attribute_id, position);

CREATE TABLE service_attribute (
    service_id integer NOT NULL REFERENCES service,
    attribute_id integer NOT NULL REFERENCES attribute,
    position integer NOT NULL,
    is_mandatory boolean NOT NULL,
    PRIMARY KEY (service_id, attribute_id)
);

CREATE TABLE specialization (
    id integer PRIMARY KEY,
    title_ru text NOT NULL,
    title_en text NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);

CREATE TABLE tax_document_type (
    country text NOT NULL REFERENCES country (code),
    type text NOT NULL,
    regexp text NOT NULL,
    title_ru text NOT NULL,
    title_en text NOT NULL,
    is_mandatory boolean NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (country, type)
);

-- Changes with every load of the reference data, for those who keep what they made of it. One row.
CREATE TABLE reference_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL
);
INSERT INTO reference_version (version) VALUES (0);
