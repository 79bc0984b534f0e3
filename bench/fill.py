"""Tasks to measure with: one company with many, 199 with a few, made set-based.

The rows look like those of a company at work: most tasks are paid, a third has files, half are in a group, every
fifth is in another currency. Foreign keys are checked by nobody while filling, so this is for empty databases only.
"""

from datetime import UTC, datetime

from artel.db.pool import Connection

COMPANIES = 200
FREELANCERS = 500
TASKS_OF_THE_OTHERS = 250
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


async def fill(conn: Connection, *, rows: int) -> int:
    """Companies, people and tasks; answers the id of the company that has `rows` of them."""
    scale = {"companies": COMPANIES, "freelancers": FREELANCERS, "now": NOW}
    async with conn.transaction():
        await conn.execute("SET LOCAL session_replication_role = replica")
        for statement in PEOPLE:
            await conn.execute(statement, scale)
        # Nothing here searches, and the words of a million texts take minutes.
        await conn.execute("ALTER TABLE task ALTER search DROP EXPRESSION, ALTER search SET DEFAULT ''")
        await conn.execute(TASKS, {"first": 1, "last": 1, "rows": rows, "now": NOW})
        await conn.execute(TASKS, {"first": 2, "last": COMPANIES, "rows": TASKS_OF_THE_OTHERS, "now": NOW})
        for statement in BELONGINGS:
            await conn.execute(statement, scale)
    await conn.execute("VACUUM ANALYZE")
    cursor = await conn.execute("SELECT min(id) FROM company")
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


PEOPLE = (
    """
    INSERT INTO company (name, brand_name, currency, country, commission_percent, vat_percent, acts_for_freelancers,
                         created_at)
    SELECT 'Company ' || n, 'Brand ' || n, 'EUR', 'DE', 10, 20, true, %(now)s
    FROM generate_series(1, %(companies)s) AS n
    """,
    # Persons 1 to 200 own the company of their number, the others are freelancers.
    """
    INSERT INTO person (id, email, username, first_name, last_name, country, created_at)
    SELECT n, 'person' || n || '@example.org', 'person' || n, 'First' || n, 'Last' || n, 'DE', %(now)s
    FROM generate_series(1, %(companies)s + %(freelancers)s) AS n
    """,
    """
    INSERT INTO company_member (company_id, person_id, role, is_default, created_at)
    SELECT id, id - 100, 'owner', true, created_at
    FROM company
    """,
    """
    INSERT INTO freelancer (person_id, taxation_status, registered_at, verified_at, created_at)
    SELECT id, (ARRAY[1, 3, 4])[1 + id %% 3], %(now)s, CASE WHEN id %% 4 > 0 THEN %(now)s::timestamptz END, %(now)s
    FROM person
    WHERE id > %(companies)s
    """,
    """
    INSERT INTO team_member (company_id, freelancer_id, first_name, last_name, invited_at)
    SELECT c.id, f.person_id, CASE WHEN f.person_id %% 2 = 0 THEN 'Alias' || f.person_id END,
        CASE WHEN f.person_id %% 2 = 0 THEN 'Known' END, %(now)s
    FROM company AS c
    CROSS JOIN freelancer AS f
    """,
    """
    INSERT INTO service_category (id, title_ru, title_en)
    SELECT n, 'Категория услуг ' || n, 'Category of services ' || n
    FROM generate_series(1, 12) AS n
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO service (id, category_id, title_ru, title_en, title_doc_ru, title_doc_en)
    SELECT 1000 + n, 1 + n %% 12, 'Управление размещением медийной рекламы ' || n, 'Advertising management ' || n,
        'Услуги по управлению размещением рекламных материалов ' || n, 'Services on managing advertising ' || n
    FROM generate_series(1, 300) AS n
    """,
    """
    INSERT INTO attribute (id, title_ru, title_en, type, type_id)
    VALUES (901, 'Количество', 'Quantity', 'text', 9), (902, 'Период', 'Period', 'text', 49),
        (903, 'Регион', 'Region', 'text', 35)
    """,
    """
    INSERT INTO task_group (company_id, title, color, created_at, created_by)
    SELECT c.id, 'Group ' || n, 'FFFFFF', %(now)s, c.id - 100
    FROM company AS c
    CROSS JOIN generate_series(1, 10) AS n
    """,
)

TASKS = """
    INSERT INTO task (company_id, number, state, state_changed_at, creator_id, freelancer_id, payer_id, service_id,
        group_id, external_id, title, description, attributes, copyright, need_report, deadline, currency,
        worker_currency, exchange_rate, price, worker_price, commission_percent, commission, total, amount_for_worker,
        vat_percent, vat, escrow, message_count, has_payout, created_at, published_at, accepted_at, finished_at,
        pay_requested_at, paid_at)
    SELECT c.id, n, CASE WHEN paid THEN 5 ELSE (ARRAY[1, 2, 3, 4, 8])[1 + n %% 5] END, made, c.id - 100,
        201 + (n * 7919) %% 500, CASE WHEN paid THEN c.id - 100 END, 1001 + n %% 300,
        CASE WHEN n %% 2 = 0 THEN 651 + (c.id - 101) * 10 + n %% 10 END, 'ORDER-' || n,
        'Market analysis report ' || n, 'Detailed report on market trends, demand and projections, part ' || n,
        '[{"id": 901, "value": "5"}, {"id": 902, "value": "May 2026"}, {"id": 903, "value": "Berlin"}]',
        n %% 3 = 0, n %% 4 = 0, made + interval '9 days', 'EUR',
        CASE WHEN n %% 5 = 0 THEN 'USD' ELSE 'EUR' END, CASE WHEN n %% 5 = 0 THEN 1.0576 END,
        price, price, 10, round(price * 0.1, 2), round(price * 1.1, 2), price, 20, round(price * 0.22, 2),
        'without_hold', n %% 3, paid AND n %% 2 = 0, made, made,
        CASE WHEN paid THEN made + interval '8 days' END, CASE WHEN paid THEN made + interval '7 days' END,
        CASE WHEN paid THEN made + interval '8 days' END, CASE WHEN paid THEN made + interval '8 days' END
    FROM company AS c
    CROSS JOIN LATERAL (
        SELECT n, n %% 10 < 8 AS paid, 50 + (n * 104729) %% 95000 / 100.0 AS price,
            %(now)s::timestamptz - make_interval(mins => (%(rows)s - n)::integer %% 700000) AS made
        FROM generate_series(1, %(rows)s::bigint) AS n
    ) AS t
    WHERE c.id BETWEEN 100 + %(first)s AND 100 + %(last)s
    ORDER BY n
"""

BELONGINGS = (
    """
    INSERT INTO file (id, company_id, owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
    SELECT t.id * 2 + n, t.company_id, t.creator_id, 'analysis_report_' || n || '.pdf', 'application/pdf', 1000, '',
        t.id || '/' || n, t.created_at
    FROM task AS t
    CROSS JOIN generate_series(0, 1) AS n
    WHERE t.number %% 3 = 0
    """,
    """
    INSERT INTO task_file (task_id, file_id, type, attached_at)
    SELECT id / 2, id, 5, created_at
    FROM file
    """,
    """
    INSERT INTO company_counter (company_id, last_task_number)
    SELECT company_id, max(number)
    FROM task
    GROUP BY company_id
    """,
)
