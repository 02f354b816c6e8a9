"""Anatomy: the parts of a letter that say nothing of its matter.

`find_parts` marks greetings, closing formulas, signatures, dates, contact lines,
heads of forwarded mail and of work orders, and what stands twice. The parts stay
in the text for the reader; `prepare` leaves them out of what the model sees.

Precision comes first: only known forms are marked, and only where they belong, at
the head or the tail. A salutation is not marked where the one addressed is spoken
of in the letter, nor a closing that asks for an answer where the missing answer is
what the letter is about.

Known limit: an unusual signature or closing stays a part of the letter.
"""

from collections.abc import Iterator

import regex

from nlp_pipeline.records import Part
from nlp_pipeline.stages import _anatomy_forms as forms
from nlp_pipeline.stages._patterns import compile_late

_MOST_LINES = 12
_LONGEST_HEADING = 60
_LONGEST_LINE = 240
_LONGEST_HEAD = 2_000
_LONGEST_GREETING = 56
_LONGEST_SIGNATURE = 48
_MOST_TAIL_PARTS = 12
_MOST_PLAIN_LINES = 4
_SHORTEST_REPEAT = 20
_FINAL = "。！？!?…”）)~～"
_LONGEST_CLOSING = 60
_CLOSINGS = (forms.FORMAL, forms.THANKS, forms.ANSWER, forms.POLITE)
_BREAK = compile_late(r"[\n。！？!?；;…~ ，,]")
_DATE_ENDS = "年月日号节前后午明秋庆夕阳宵旦一二三四五六七八九十廿"
_SENTENCE = compile_late(r"[^。！？!?；;\n]+[。！？!?；;]*")
_MARKS = "。！？!?；; "


def find_parts(text: str) -> list[Part]:
    """Find the parts of a clean text that say nothing of its matter.

    Args:
        text: a clean text, its title first where it has one.

    Returns:
        the parts in order, without overlaps.

    >>> find_parts("尊敬的领导：您好！路灯坏了三个月。此致敬礼")
    [Part(kind='salutation', start=0, end=9), Part(kind='closing', start=17, end=21)]
    """
    head = _join(text, list(_find_head(text)))
    begin = head[-1].end if head else 0
    tail = _join(text, _find_tail(text, begin)[::-1])
    end = tail[0].start if tail else len(text)
    return [*head, *_join(text, list(_find_repeated(text, begin, end))), *tail]


def _find_head(text: str) -> Iterator[Part]:
    """Give the parts at the head: heads of mail and orders, contact lines, a greeting."""
    mail = _mail_lines(text)
    for number, (start, end) in enumerate(_lines(text)):
        line = text[start:end]
        if number in mail or _is_slip_line(line):
            yield Part("header", start, end)
        elif _is_own_contact(line) and len(text) - end > end:
            yield Part("contact", start, end)
        elif (greeting := _find_greeting(text, start, end)) is not None:
            yield greeting
            if text[greeting.end : end].strip():
                return
        elif number or len(line) > _LONGEST_HEADING or not text[end:].strip():
            return


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Give the spans of the first lines, without the white space around them."""
    start = 0
    for _ in range(_MOST_LINES):
        stop = text.find("\n", start)
        end = len(text) if stop < 0 else stop
        begin = start
        while begin < end and text[begin].isspace():
            begin += 1
        while end > begin and text[end - 1].isspace():
            end -= 1
        yield begin, end
        if stop < 0:
            return
        start = stop + 1


def _is_own_contact(line: str) -> bool:
    """Tell whether a line says how to reach the writer, and nothing else."""
    if len(line) > _LONGEST_LINE:
        return False
    found = forms.OWN_CONTACT.fullmatch(line) or forms.OWN_ADDRESS.fullmatch(line)
    return found is not None


def _mail_lines(text: str) -> set[int]:
    """Give the lines that are the head of a mail: two or more, one of them sure."""
    found: set[int] = set()
    if not forms.MAIL_SURE.search(text, 0, _LONGEST_HEAD):
        return found
    run: list[int] = []
    is_sure = False
    for number, (start, end) in enumerate(_lines(text)):
        is_rule = forms.MAIL_RULE.fullmatch(text, start, end) is not None
        if not is_rule and not forms.MAIL_LINE.fullmatch(text, start, end):
            run, is_sure = [], False
            continue
        run.append(number)
        is_sure = is_sure or forms.MAIL_SURE.match(text, start, end) is not None
        if is_rule or (is_sure and len(run) > 1):
            found.update(run)
    return found


def _is_slip_line(line: str) -> bool:
    """Tell whether a line is of the head of a work order: fields and nothing else."""
    if not 1 < len(line) <= _LONGEST_LINE or line[-1] in "。！？!?，":
        return False
    if forms.SLIP_TITLE.fullmatch(line):
        return True
    position = 0
    while (match := forms.HEADER_LINE.match(line, position)) is not None:
        position = match.end()
        while position < len(line) and line[position].isspace():
            position += 1
    return position == len(line)


def _find_greeting(text: str, start: int, end: int) -> Part | None:
    """Give the salutation at the beginning of a line."""
    begin = text[start : min(end, start + _LONGEST_GREETING)]
    if not any(sign in begin for sign in ("好", "：", "领导", "敬", "亲爱")):
        return None
    match = forms.GREETING.match(text, start, end)
    if match is None or text.startswith("你", match.end()):
        return None
    who = match["who"] or ""
    if forms.MATTER.search(who) or not _is_asked(text, who, match.end()):
        return None
    return _bare("salutation", text, max(start, match.end("column")), match.end())


def _is_asked(text: str, who: str, begin: int) -> bool:
    """Tell whether the one addressed is only asked: the letter does not speak of them."""
    name = regex.sub(r"^(?:尊敬|敬爱|亲爱)的?|^各位|同志们?$|们$", "", who)
    if forms.GENERIC.fullmatch(who) or len(name) < 3:
        return True
    place = text.find(name, begin)
    while place >= 0:
        if not forms.ASKED.search(text, max(0, place - 6), place):
            return False
        place = text.find(name, place + len(name))
    return True


def _find_tail(text: str, begin: int) -> list[Part]:
    """Give the parts at the tail, the last one first."""
    found: list[Part] = []
    end = len(text)
    for _ in range(_MOST_TAIL_PARTS):
        while end > begin and text[end - 1].isspace():
            end -= 1
        part = _last_part(text, begin, end, found)
        if part is None:
            attached = _line_start(text, begin, end)
            if found or not forms.ATTACHED.fullmatch(text, attached, end) or attached == begin:
                break
            end = attached
        else:
            found.append(part)
            end = part.start
    return found if text[begin:end].strip() else []


def _last_part(text: str, begin: int, end: int, below: list[Part]) -> Part | None:
    """Give the part that ends where the text `begin:end` ends, if there is one."""
    if end <= begin:
        return None
    return (
        _last_date(text, begin, end)
        or _last_contact(text, begin, end, below)
        or _last_signature(text, begin, end)
        or _last_closing(text, begin, end)
    )


def _line_start(text: str, begin: int, end: int) -> int:
    """Give where the last line begins; a long one is not looked at whole."""
    return max(begin, text.rfind("\n", begin, end) + 1)


def _before(text: str, begin: int, position: int) -> int:
    """Give where the text before a position ends, its white space left out."""
    while position > begin and text[position - 1].isspace():
        position -= 1
    return position


def _last_date(text: str, begin: int, end: int) -> Part | None:
    """Give the date of a letter: after a signature or a closing, or on the last line."""
    last = text[end - 2 : end].rstrip("。.")[-1:]
    if not last.isdigit() and last not in _DATE_ENDS:
        return None
    match = forms.DATE.search(text, max(begin, end - 40), end)
    if match is None or match.start() == begin:
        return None
    start = match.start()
    before = _before(text, begin, start)
    if text[start - 1] not in "\n 。！!" or before <= begin:
        return None
    follows = _last_signature(text, begin, before) or (
        before < start and _last_closing(text, begin, before)
    )
    is_line = start == _line_start(text, begin, end)
    ends = text[before - 1] in _FINAL
    if follows or (match["full"] and is_line and ends):
        return Part("date", start, end)
    return None


def _last_contact(text: str, begin: int, end: int, below: list[Part]) -> Part | None:
    """Give a line that says how to reach the writer, or such a sentence."""
    start = _line_start(text, begin, end)
    line = text[start:end] if begin < start and end - start <= _LONGEST_LINE else ""
    if _is_own_contact(line):
        return Part("contact", start, end)
    if forms.PLAIN_CONTACT.fullmatch(line):
        return _plain_contact(text, begin, start, end, below)
    match = forms.CONTACT_INLINE.search(text, max(begin, end - 60), end)
    if match is None or match.start() == begin:
        return None
    mark = text[match.start() - 1]
    before = _before(text, begin, match.start() - 1)
    if mark in "，, " and _last_signature(text, begin, before) is None:
        return None
    return Part("contact", match.start(), end)


def _plain_contact(text: str, begin: int, start: int, end: int, below: list[Part]) -> Part | None:
    """Give a line that may be of anybody where it stands beside what is the writer's."""
    if forms.ABOUT_NUMBERS.search(text, begin, start):
        return None
    if any(part.kind in ("contact", "signature") for part in below[-1:]):
        return Part("contact", start, end)
    above = _before(text, begin, start)
    for _ in range(_MOST_PLAIN_LINES):
        line = text[_line_start(text, begin, above) : above]
        if _is_own_contact(line) or _last_signature(text, begin, above):
            return Part("contact", start, end)
        if len(line) > _LONGEST_LINE or not forms.PLAIN_CONTACT.fullmatch(line):
            break
        above = _before(text, begin, above - len(line))
    return None


def _last_signature(text: str, begin: int, end: int) -> Part | None:
    """Give who signed: after a label, or a short last line that is a name or a group."""
    while end > begin and text[end - 1] in "，, ":
        end -= 1
    line = _line_start(text, begin, end)
    if line > begin and _is_signature(text, begin, line, end, forms.UNLABELLED):
        return Part("signature", line, end)
    place = max(text.rfind(mark, max(line, end - _LONGEST_SIGNATURE), end) for mark in "。！？!?")
    start = place + 1
    while start < end and text[start].isspace():
        start += 1
    if place >= 0 and _is_signature(text, begin, start, end, forms.NAMED):
        return Part("signature", start, end)
    return None


def _is_signature(
    text: str, begin: int, start: int, end: int, unlabelled: "regex.Pattern[str]"
) -> bool:
    """Tell whether `start:end` is a signature: its form, and what stands before it."""
    before = _before(text, begin, start)
    if before <= begin or not start < end <= start + _LONGEST_SIGNATURE:
        return False
    labelled = forms.LABELLED.fullmatch(text, start, end)
    if labelled is not None:
        return text[before - 1] not in "：:，,、" and not forms.STOPS.search(labelled["value"])
    if before == start or not unlabelled.fullmatch(text, start, end):
        return False
    if forms.STOPS.search(text, start, end):
        return False
    return text[before - 1] in _FINAL or _last_closing(text, begin, before) is not None


def _last_closing(text: str, begin: int, end: int) -> Part | None:
    """Give a closing formula that ends the text, never a sentence that asks for more."""
    for match in _BREAK.finditer(text, max(begin, end - _LONGEST_CLOSING), end):
        start = match.end()
        for pattern in _CLOSINGS:
            if pattern.match(text, start, end) is None:
                continue
            if pattern is forms.ANSWER and forms.NO_ANSWER.search(text, begin, start):
                continue
            if pattern is not forms.POLITE or match[0] in "\n。！？!?；;…":
                return Part("closing", start, end)
    return None


def _find_repeated(text: str, begin: int, end: int) -> Iterator[Part]:
    """Give the sentences that stand word for word earlier in the letter."""
    seen: set[str] = set()
    for match in _SENTENCE.finditer(text, 0, end):
        sentence = match[0].strip(_MARKS)
        if len(sentence) < _SHORTEST_REPEAT:
            continue
        if sentence in seen and match.start() >= begin:
            yield _bare("repeated", text, *match.span())
        seen.add(sentence)


def _bare(kind: str, text: str, start: int, end: int) -> Part:
    """Give a part without the white space around it."""
    while text[start].isspace():
        start += 1
    while text[end - 1].isspace():
        end -= 1
    return Part(kind, start, end)


def _join(text: str, parts: list[Part]) -> list[Part]:
    """Join neighbours of one kind with nothing but white space between them."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last and last.kind == part.kind and not text[last.end : part.start].strip():
            joined[-1] = last._replace(end=part.end)
        else:
            joined.append(part)
    return joined
