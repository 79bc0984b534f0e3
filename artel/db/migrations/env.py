"""Alembic's entry: one connection, one transaction for all that is to be applied."""

import psycopg
from alembic import context
from sqlalchemy import create_engine, pool

url: str = context.config.attributes["url"]
# The driver reads the URL itself: SQLAlchemy's own reading knows less than libpq's.
engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=pool.NullPool)

with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        context.run_migrations()
