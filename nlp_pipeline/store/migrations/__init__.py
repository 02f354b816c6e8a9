"""The changes of the tables, one file a change, run by Alembic in order."""
