"""How many flipped labels `petition doubtful-labels` finds among the first it shows.

    NLP_PIPELINE_DATA=… python -m benchmarks.doubtful

A tenth of the labels of two sets is replaced by another label at random. Told is the
share of the flipped ones among the first 15 % of all letters in the order shown, among
the list that is shown by default, and how many of that list were flipped. Labels of the
sets that were wrong before count against it: nobody knows which they are. Figures are
means of several draws; they go to `docs/figures/doubtful.json`.
"""

import json
import sys
import time
from dataclasses import replace

import numpy as np

from benchmarks import data_folder
from benchmarks.label_saving import FIGURES, SETS, Set, read_set
from nlp_pipeline.config import load_settings
from nlp_pipeline.labels import load_labels
from nlp_pipeline.learning.cases import Case
from nlp_pipeline.learning.doubtful import Seen, find_doubts
from nlp_pipeline.process import load_segmenter

FLIPPED, SHOWN = 0.1, 0.15


def measure(data: Set, seed: int) -> dict[str, float]:
    """Flip labels, look for them, and tell what was found."""
    draw = np.random.default_rng(seed)
    cases = [Case(x.key, x.raw, x.labels) for x in data.letters]
    labels = sorted({case.labels[data.field] for case in cases})
    flipped = set(draw.choice(len(cases), int(len(cases) * FLIPPED), replace=False).tolist())
    for i in flipped:
        others = [label for label in labels if label != cases[i].labels[data.field]]
        cases[i] = replace(cases[i], labels={data.field: str(draw.choice(others))})
    seen = [Seen(case, data.weighed[case.key], "") for case in cases]
    rows = {case.key: i for i, case in enumerate(cases)}
    found = find_doubts(seen, data.field, data.groups, data.segmenter.knows, most=len(cases))
    order = [rows[doubt.case.key] for doubt in found.found]
    listed = sum(doubt.is_issue for doubt in found.found)
    first = order[: int(len(cases) * SHOWN)]
    return {
        "letters": len(cases),
        "found_in_first_15_percent": len(flipped & set(first)) / len(flipped),
        "found_in_list": len(flipped & set(order[:listed])) / len(flipped),
        "list_share": listed / len(cases),
        "flipped_in_list": len(flipped & set(order[:listed])) / max(1, listed),
        "flipped_in_first_100": len(flipped & set(order[:100])) / 100,
    }


def main() -> None:
    """Measure both sets with as many draws as the first argument says."""
    folder = data_folder()
    if folder is None:
        sys.exit("NLP_PIPELINE_DATA must name the data folder")
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    segmenter = load_segmenter(load_settings(), load_labels())
    content = {}
    for name in SETS:
        data, begun = read_set(name, folder, segmenter), time.process_time()
        found = [measure(data, seed) for seed in range(draws)]
        content[name] = {key: round(float(np.mean([x[key] for x in found])), 3) for key in found[0]}
        content[name] |= {
            "lowest_found_in_first_15_percent": round(
                min(x["found_in_first_15_percent"] for x in found), 3
            ),
            "draws": draws,
            "cpu_seconds_a_draw": round((time.process_time() - begun) / draws, 1),
        }
        print(json.dumps({name: content[name]}), flush=True)
    FIGURES.mkdir(exist_ok=True)
    text = json.dumps(content, indent=1) + "\n"
    (FIGURES / "doubtful.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
