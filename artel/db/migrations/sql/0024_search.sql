-- One row for every schedule that may be found: live, not private. Written by the rules that change what is in it.
CREATE TABLE schedule_search (
    schedule_id bigint PRIMARY KEY REFERENCES schedule,
    type_id smallint NOT NULL,
    calendar_id bigint NOT NULL,
    document tsvector NOT NULL,                  -- Russian and English stems of its own words and its specialist's
    skill_ids bigint[] NOT NULL,
    languages text[] NOT NULL,
    durations integer[] NOT NULL,
    notice_minutes integer NOT NULL,
    price numeric NOT NULL,                      -- 0: free
    currency text,
    -- In which hours of a week (UTC, from Monday 00:00) a slot may begin at all, whatever the clocks show then.
    hours bit(168) NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX schedule_search_updated_idx ON schedule_search (updated_at, schedule_id);
CREATE INDEX schedule_search_created_idx ON schedule_search (created_at, schedule_id);
CREATE INDEX schedule_search_price_idx ON schedule_search (price, schedule_id);
CREATE INDEX schedule_search_calendar_idx ON schedule_search (calendar_id);
CREATE INDEX schedule_search_document_idx ON schedule_search USING gin (document);
CREATE INDEX schedule_search_skill_idx ON schedule_search USING gin (skill_ids);
