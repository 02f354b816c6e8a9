"""jieba's words in time linear in the text, where the extension module is missing.

`jieba.finalseg.viterbi` copies its best path at every character, so a run of
unknown Han takes four times as long when it is twice as long: 4 s at 40,000
characters, hours at the longest letter taken. Blocks of `MIN_LONG` characters
and more are cut here, by jieba's own dictionary, route, tables and patterns,
with the path kept as one step back a character. All others go to jieba.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

MIN_LONG = 2000


def cut_by_jieba(tokenizer: Any, text: str) -> Iterator[str]:
    """Give the words that `tokenizer.cut(text)` gives, for a tokenizer of jieba's."""
    import jieba

    if len(text) < MIN_LONG:
        yield from tokenizer.cut(text)
        return
    for block in jieba.re_han_default.split(text):
        if len(block) < MIN_LONG or not jieba.re_han_default.match(block):
            yield from tokenizer.cut(block)
        else:
            yield from _cut_block(jieba.finalseg, tokenizer, block)


def _cut_block(final: ModuleType, tokenizer: Any, block: str) -> Iterator[str]:
    """`jieba.Tokenizer.__cut_DAG`."""
    route: dict[int, tuple[float, int]] = {}
    tokenizer.calc(block, tokenizer.get_DAG(block), route)
    start = singles = 0
    while start < len(block):
        end = route[start][1] + 1
        if end - start > 1:
            yield from _cut_singles(final, tokenizer, block[singles:start])
            yield block[start:end]
            singles = end
        start = end
    yield from _cut_singles(final, tokenizer, block[singles:])


def _cut_singles(final: ModuleType, tokenizer: Any, run: str) -> Iterator[str]:
    """`jieba.finalseg.cut`, for what the route left in single characters."""
    if len(run) < 2 or tokenizer.FREQ.get(run):
        yield from run
        return
    for block in final.re_han.split(run):
        if final.re_han.match(block):
            for word in _join(block, _best_states(final, block)):
                yield from word if word in final.Force_Split_Words else (word,)
        else:
            yield from filter(None, final.re_skip.split(block))


def _join(run: str, states: str) -> Iterator[str]:
    """`jieba.finalseg.__cut`: a word ends where its last character is E or S."""
    start = 0
    for end, state in enumerate(states, 1):
        if state in "ES":
            yield run[start:end]
            start = end


def _best_states(final: ModuleType, run: str) -> str:
    """`jieba.finalseg.viterbi`: one of B, E, M, S for every character."""
    value = {
        state: final.start_P[state] + final.emit_P[state].get(run[0], final.MIN_FLOAT)
        for state in "BMES"
    }
    steps: list[dict[str, str]] = []
    for character in run[1:]:
        best = {}
        for state in "BMES":
            emitted = final.emit_P[state].get(character, final.MIN_FLOAT)
            best[state] = max(
                (
                    value[former] + final.trans_P[former].get(state, final.MIN_FLOAT) + emitted,
                    former,
                )
                for former in final.PrevStatus[state]
            )
        value = {state: found for state, (found, _) in best.items()}
        steps.append({state: former for state, (_, former) in best.items()})
    state = max((value[last], last) for last in "ES")[1]
    states = [state]
    for step in reversed(steps):
        state = step[state]
        states.append(state)
    return "".join(reversed(states))
