"""Triggers that keep what must be kept, whoever asks: the program, a tool, a person.

They hold against mistakes and against every part of this program. Who owns the database
can take them away; what then changed is found by comparing with a backup.
"""

KEPT_PROBLEM = "rows of {table} are kept as they are"
WORDS_PROBLEM = "rows of {table} go only with a deletion of their letter"


def sqlite_triggers(kept: tuple[str, ...], forgettable: tuple[str, ...]) -> list[str]:
    """Give the statements that make the triggers in SQLite."""
    made = []
    for table in kept:
        problem = KEPT_PROBLEM.format(table=table)
        made += [_sqlite(table, change, problem) for change in ("UPDATE", "DELETE")]
    for table in forgettable:
        problem = WORDS_PROBLEM.format(table=table)
        made.append(_sqlite(table, "UPDATE", problem))
        known = "SELECT 1 FROM deletions WHERE deletions.letter_id = OLD.letter_id"
        made.append(_sqlite(table, "DELETE", problem, f"WHEN NOT EXISTS ({known}) "))
    return made


def _sqlite(table: str, change: str, problem: str, condition: str = "") -> str:
    return (
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
        f"{condition}BEGIN SELECT RAISE(ABORT, '{problem}'); END"
    )


def postgresql_triggers(kept: tuple[str, ...], forgettable: tuple[str, ...]) -> list[str]:
    """Give the statements that make the triggers in PostgreSQL."""
    made = [_KEEP, _KEEP_WORDS]
    for table in kept:
        made.append(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION petition_keep()"
        )
    for table in forgettable:
        made.append(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION petition_keep_words()"
        )
    for table in (*kept, *forgettable):
        made.append(
            f"CREATE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION petition_keep()"
        )
    return made


_KEEP = """
CREATE FUNCTION petition_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        MESSAGE = 'rows of ' || TG_TABLE_NAME || ' are kept as they are',
        ERRCODE = 'integrity_constraint_violation';
END $$
"""

_KEEP_WORDS = """
CREATE FUNCTION petition_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM deletions WHERE deletions.letter_id = OLD.letter_id
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION USING
        MESSAGE = 'rows of ' || TG_TABLE_NAME || ' go only with a deletion of their letter',
        ERRCODE = 'integrity_constraint_violation';
END $$
"""
