"""Phrases of the register and of the tree, learned beside the letters.

What a department is for and what a subtopic holds stand in data files, in the
words a letter would use. Each duty, each name of a department and each entry of
the tree's third level is learned as if it were a very short letter. It teaches
the departments and subtopics that few letters speak of. Phrases never measure
or calibrate anything.
"""

from nlp_pipeline.labels import SUBTOPIC_SEPARATOR, Labels, read_table
from nlp_pipeline.learning.corpus import Labelled

DUTY_WEIGHT = 0.5
NAME_WEIGHT = 0.3
TOPIC_WEIGHT = 0.2
"""What a phrase counts for its department or subtopic, and for its topic."""

SOURCE = "phrases"
"""The source of every phrase; see `Labelled.source`."""

_OTHER = "其他"


def register_phrases(labels: Labels, directory: str = "") -> list[Labelled]:
    """Give the phrases of a register and a tree, in their order.

    Args:
        labels: the register whose duties and names are learned.
        directory: a folder of a site's own files, for its `topics.csv`.
    """
    found: list[tuple[str, dict[str, str], dict[str, float]]] = []
    for department in labels.departments.values():
        label = {"department": department.name}
        found += [(duty, label, {"department": DUTY_WEIGHT}) for duty in department.duties]
        found += [(name, label, {"department": NAME_WEIGHT}) for name in department.names]
    for row in read_table("topics.csv", directory):
        if row["detail"] not in ("", _OTHER):
            subtopic = f"{row['topic']}{SUBTOPIC_SEPARATOR}{row['subtopic']}"
            label = {"topic": row["topic"], "subtopic": subtopic}
            weights = {"topic": TOPIC_WEIGHT, "subtopic": DUTY_WEIGHT}
            found.append((row["detail"], label, weights))
    return [
        Labelled(f"{SOURCE}:{number}", text, label, weights)
        for number, (text, label, weights) in enumerate(found)
    ]
