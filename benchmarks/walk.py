"""The whole walk beside the ways a team would write it first, on one core.

`python -m benchmarks.walk` trains three peers on labelled letters and runs them and the
whole walk (four fields with evidence, rules and routing) over the same other letters in
turn, round by round, so that what else the machine does falls on all alike:

- the obvious script: `opencc.convert`, `jieba.lcut`, `TfidfVectorizer` and `LinearSVC`,
  called plainly, for one field, the topic;
- spaCy's `zh` with jieba as its segmenter and a `textcat` a field;
- fastText, supervised on jieba's words, a model a field (`pip install
  'nlp_pipeline[peers]'`; without it its row says so).

It prints letters a processor second (median of the rounds), each round's ratio to the
obvious script with the least and the greatest, the latency of one letter at a time, and
the most memory that `petition classify` took. With NLP_PIPELINE_DATA the letters are those
of the data folder, else the project's own.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles

from benchmarks import ANNOTATIONS, CORPUS, data_folder
from nlp_pipeline.config import load_settings
from nlp_pipeline.learning.corpus import Labelled, data_letters, project_letters
from nlp_pipeline.process import Walk, load_walk, process_letters
from nlp_pipeline.records import Letter, Triage

FIELDS = ("topic", "purpose", "urgency", "department")
LETTERS = 1000
TRAINING = 6000
ROUNDS = 5
SEED = 20261124
PLAIN = "opencc, jieba, TF-IDF, LinearSVC (1 field)"
LATENCIES = 500

Work = Callable[[Sequence[str]], None]


def main() -> None:
    """Print all of it."""
    os.environ["OMP_NUM_THREADS"] = "1"
    training, letters = _letters()
    length = sum(map(len, letters)) / len(letters)
    print(f"{len(letters)} letters of {length:.0f} characters; peers trained on {len(training)}")
    walk = load_walk(load_settings())
    works: dict[str, Work] = {PLAIN: plain_script(training)}
    works["spaCy zh with jieba, textcat (4 fields)"] = spacy_pipeline(training)
    fast = fasttext_models(training)
    if fast is None:
        print("fastText is not installed: no row")
    else:
        works["fastText on jieba's words (4 fields)"] = fast
    works["ours: 4 fields, evidence, rules, routing"] = lambda texts: whole_walk(walk, texts)
    compare(works, letters)
    _print_latency(walk, letters)
    _print_memory(letters)


def _letters() -> tuple[list[Labelled], list[str]]:
    """Give labelled letters to train peers on, and other ones to run over."""
    folder = data_folder()
    found = project_letters(CORPUS) if folder is None else data_letters(folder, ANNOTATIONS)
    random.Random(SEED).shuffle(found)  # noqa: S311
    count = min(TRAINING, len(found) // 2)
    rest = [letter.raw for letter in found[count:] if 20 <= len(letter.raw) <= 5000]
    return found[:count], rest[:LETTERS]


def compare(works: dict[str, Work], letters: Sequence[str]) -> dict[str, float]:
    """Run every work over all letters in turn; print and give the median letters a second."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work(letters[:20])
    for _ in range(ROUNDS):
        for name, work in works.items():
            start = time.process_time()
            work(letters)
            spent[name].append(time.process_time() - start)
    rates = {name: len(letters) / median(seconds) for name, seconds in spent.items()}
    for name, rate in rates.items():
        ratios = [a / b for a, b in zip(spent[PLAIN], spent[name], strict=True)]
        print(
            f"{name:<44} {rate:>8,.0f} letters/s {median(ratios):>6.2f} ×"
            f" ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    return rates


def plain_script(training: Sequence[Labelled]) -> Work:
    """Give the script one would write first, trained for the topic."""
    import jieba
    import opencc
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    jieba.setLogLevel(60)
    convert = opencc.OpenCC("t2s").convert

    def cut(texts: Sequence[str]) -> list[str]:
        return [" ".join(jieba.lcut(convert(text))) for text in texts]

    known = [letter for letter in training if letter.labels.get("topic")]
    vectorizer = TfidfVectorizer(analyzer=str.split, min_df=2)
    matrix = vectorizer.fit_transform(cut([letter.raw for letter in known]))
    machine = LinearSVC(random_state=0).fit(matrix, [it.labels["topic"] for it in known])

    def work(texts: Sequence[str]) -> None:
        machine.predict(vectorizer.transform(cut(texts)))

    return work


def spacy_pipeline(training: Sequence[Labelled]) -> Work:
    """Give a spaCy pipeline with a bag-of-words textcat for every field."""
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
    for field in FIELDS:
        model = {
            "@architectures": "spacy.TextCatBOW.v3",
            "exclusive_classes": True,
            "ngram_size": 1,
            "no_output_layer": False,
            "length": 262144,
        }
        pipe = nlp.add_pipe("textcat", name=field, config={"model": model})
        for label in sorted({it.labels[field] for it in training if it.labels.get(field)}):
            pipe.add_label(label)  # type: ignore[attr-defined]
    nlp.initialize()
    for field in FIELDS:
        # A few steps: what a pipeline costs does not depend on how well it was taught.
        known = [letter for letter in training if letter.labels.get(field)][:64]
        labels = nlp.get_pipe(field).labels  # type: ignore[attr-defined]
        examples = [
            Example.from_dict(
                nlp.make_doc(letter.raw[:400]),
                {"cats": {label: float(label == letter.labels[field]) for label in labels}},
            )
            for letter in known
        ]
        with nlp.select_pipes(enable=[field]):
            nlp.update(examples)

    def work(texts: Sequence[str]) -> None:
        for _ in nlp.pipe(texts, batch_size=128):
            pass

    return work


def fasttext_models(training: Sequence[Labelled]) -> Work | None:
    """Give a supervised fastText model a field, or None where it is not installed."""
    try:
        import fasttext
    except ImportError:
        return None
    import jieba

    def cut(text: str) -> str:
        return " ".join(jieba.lcut(text)).replace("\n", " ")

    models = []
    with tempfile.TemporaryDirectory() as folder:
        for field in FIELDS:
            path = Path(folder) / field
            lines = (
                f"__label__{letter.labels[field]} {cut(letter.raw)}\n"
                for letter in training[:2000]
                if letter.labels.get(field)
            )
            path.write_text("".join(lines), encoding="utf-8")
            models.append(
                fasttext.train_supervised(str(path), epoch=3, wordNgrams=2, thread=1, verbose=0)
            )

    def work(texts: Sequence[str]) -> None:
        for text in texts:
            words = cut(text)
            for model in models:
                # What `predict` of fasttext 0.9.2 calls; itself it fails with numpy 2.
                model.f.predict(f"{words}\n", 3, 0.0, "strict")

    return work


def whole_walk(walk: Walk, texts: Sequence[str]) -> None:
    """Walk all letters, as `petition classify` does between reading and writing."""
    letters = (Letter(str(number), text) for number, text in enumerate(texts))
    done = sum(isinstance(outcome, Triage) for _, outcome in process_letters(letters, walk))
    if done < len(texts):
        raise SystemExit(f"{len(texts) - done} letters failed")


def _print_latency(walk: Walk, letters: Sequence[str]) -> None:
    spent = []
    for number, text in enumerate(letters[:LATENCIES]):
        start = time.perf_counter()
        list(process_letters([Letter(str(number), text)], walk))
        spent.append((time.perf_counter() - start) * 1000)
    marks = quantiles(spent, n=100)
    print(f"one letter, warm: median {marks[49]:.1f} ms, 95th percentile {marks[94]:.1f} ms")


def _print_memory(letters: Sequence[str]) -> None:
    """Print the most memory of a whole process over all the letters, as Linux tells it."""
    program = (
        "import sys; from nlp_pipeline.cli import main\n"
        "try:\n    main()\nfinally:\n"
        "    state = open('/proc/self/status', encoding='ascii').read()\n"
        "    sys.stderr.write(state.partition('VmHWM:')[2].split()[0])\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.txt"
        lines = (" ".join(text.split()) for text in letters)
        source.write_text("\n".join(lines), encoding="utf-8")
        command = ["classify", "-", "-q", "--format", "txt", "-o", str(Path(folder) / "out.csv")]
        with source.open("rb") as given:
            ran = subprocess.run(  # noqa: S603
                [sys.executable, "-c", program, *command],
                stdin=given,
                capture_output=True,
                check=True,
            )
        most = int(ran.stderr.split()[-1])
        whole = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "nlp_pipeline", "classify", "-", "-q", "--format", "txt"],
            input="楼下烧烤摊每晚吵到两点。".encode(),
            capture_output=True,
            check=True,
        )
        cold = time.perf_counter() - whole
    print(f"the whole process: {most / 1024:.0f} MB at most; one letter from cold {cold:.2f} s")


if __name__ == "__main__":
    main()
