/* jieba 0.42.1's `Tokenizer.cut`, step for step, over a trie in one hash table.
 *
 * The words are jieba's own because the arithmetic is: the same C `log`, the
 * same additions of doubles in the same order, the same winner of a tie. Where a
 * function mirrors one of jieba's, its name stands above it. The trie holds what
 * jieba keeps in `FREQ`: every word and every beginning of one. All loops are
 * linear in the text. Only the limited API is used, so one build serves every
 * Python from 3.11 on. The GIL is held throughout, which makes a Cutter safe to
 * share between threads.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "doubles are not kept as doubles here: ties could fall otherwise than in jieba"
#endif

#define HAN_FIRST 0x4E00
#define HAN_LAST 0x9FD5
#define HAN_COUNT (HAN_LAST - HAN_FIRST + 1)
#define MIN_FLOAT (-3.14e100) /* jieba.finalseg.MIN_FLOAT */
#define NODE_BITS 21
#define MAX_NODES ((uint32_t)1 << NODE_BITS)
#define NODE_MASK ((uint64_t)MAX_NODES - 1)
#define MAX_TEXT ((Py_ssize_t)1 << 31)
#define FIRST_COUNT (HAN_LAST + 1)
#define NO_WORD (-1.0)
#define AHEAD 6 /* characters that the memory is asked for ahead of their turn */

#if defined(__GNUC__)
#define FETCH(address) __builtin_prefetch(address)
#else
#define FETCH(address) ((void)(address))
#endif

/* The four states, in the order in which jieba's tie falls: the later wins. */
enum { BEGIN, END, MIDDLE, SINGLE, STATES };

typedef struct {
    double start[STATES];
    double step[STATES][STATES];       /* from, to */
    double emit[HAN_COUNT][STATES];
} Hmm;

typedef struct {
    PyObject_HEAD
    Hmm *hmm;
    uint64_t *slots; /* (parent << 21 | character) << 21 | child; 0 is free */
    int slot_bits;
    uint32_t nodes;  /* node 0 is the root */
    uint32_t room;
    int64_t *frequency;
    double *score;   /* log(frequency); NO_WORD for a mere beginning */
    uint32_t *first; /* the root's child for every character below FIRST_COUNT */
    int64_t total;
} Cutter;

/* One text on its way: where each word ends, and what one block needs. */
typedef struct {
    const Py_UCS4 *text;
    uint32_t *ends;
    Py_ssize_t words;
    double log_total;
    double *route;     /* best score from a character to the end of its block */
    uint32_t *next;    /* where the best word from it ends */
    uint8_t *came;     /* a bit a state: the later of its two predecessors won */
} Walk;

/* ---- the trie ---- */

static uint64_t key_of(uint32_t node, Py_UCS4 character)
{
    return ((uint64_t)node << 21) | character;
}

static size_t home_of(uint64_t key, int bits)
{
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - bits));
}

static uint32_t find_child(const Cutter *self, uint32_t node, Py_UCS4 character)
{
    if (node == 0 && character < FIRST_COUNT)
        return self->first[character];
    uint64_t key = key_of(node, character);
    size_t mask = ((size_t)1 << self->slot_bits) - 1;
    size_t at = home_of(key, self->slot_bits);
    while (self->slots[at]) {
        if (self->slots[at] >> NODE_BITS == key)
            return (uint32_t)(self->slots[at] & NODE_MASK);
        at = (at + 1) & mask;
    }
    return 0;
}

static void place(uint64_t *slots, int bits, uint64_t slot)
{
    size_t mask = ((size_t)1 << bits) - 1;
    size_t at = home_of(slot >> NODE_BITS, bits);
    while (slots[at])
        at = (at + 1) & mask;
    slots[at] = slot;
}

static int grow_slots(Cutter *self)
{
    int bits = self->slot_bits + 1;
    uint64_t *slots = PyMem_Calloc((size_t)1 << bits, sizeof *slots);
    if (!slots) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < (size_t)1 << self->slot_bits; i++)
        if (self->slots[i])
            place(slots, bits, self->slots[i]);
    PyMem_Free(self->slots);
    self->slots = slots;
    self->slot_bits = bits;
    return 0;
}

static int grow_nodes(Cutter *self)
{
    uint32_t room = self->room * 2;
    int64_t *frequency = PyMem_Realloc(self->frequency, room * sizeof *frequency);
    if (frequency)
        self->frequency = frequency;
    double *score = PyMem_Realloc(self->score, room * sizeof *score);
    if (score)
        self->score = score;
    if (!frequency || !score) {
        PyErr_NoMemory();
        return -1;
    }
    self->room = room;
    return 0;
}

static uint32_t make_child(Cutter *self, uint32_t node, Py_UCS4 character)
{
    uint32_t child = find_child(self, node, character);
    if (child)
        return child;
    if (self->nodes == MAX_NODES) {
        PyErr_SetString(PyExc_OverflowError, "the dictionary has too many words");
        return 0;
    }
    if (self->nodes == self->room && grow_nodes(self))
        return 0;
    if ((uint64_t)self->nodes * 2 > (uint64_t)1 << self->slot_bits && grow_slots(self))
        return 0;
    child = self->nodes++;
    self->frequency[child] = 0;
    self->score[child] = NO_WORD;
    if (node == 0 && character < FIRST_COUNT)
        self->first[character] = child;
    else
        place(self->slots, self->slot_bits, (key_of(node, character) << NODE_BITS) | child);
    return child;
}

/* Tokenizer.add_word: the total grows also where the word was there already. */
static int add_word(Cutter *self, const Py_UCS4 *word, Py_ssize_t length, int64_t frequency)
{
    uint32_t node = 0;
    if (length == 0 || frequency < 0 || frequency > INT64_MAX - self->total) {
        PyErr_SetString(PyExc_ValueError, "a word needs characters and a frequency");
        return -1;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        node = make_child(self, node, word[i]);
        if (!node)
            return -1;
    }
    self->frequency[node] = frequency;
    self->score[node] = frequency ? log((double)frequency) : NO_WORD;
    self->total += frequency;
    return 0;
}

/* 0 where the characters are neither a word nor the beginning of one. */
static uint32_t find_word(const Cutter *self, const Py_UCS4 *word, Py_ssize_t length)
{
    uint32_t node = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        node = find_child(self, node, word[i]);
        if (!node)
            return 0;
    }
    return node;
}

/* ---- the characters ---- */

static int is_han(Py_UCS4 c)
{
    return c >= HAN_FIRST && c <= HAN_LAST;
}

static int is_digit(Py_UCS4 c)
{
    return c >= '0' && c <= '9';
}

static int is_alnum(Py_UCS4 c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* jieba.re_han_default */
static int is_block(Py_UCS4 c)
{
    return is_han(c) || is_alnum(c) || c == '+' || c == '#' || c == '&' || c == '.' ||
           c == '_' || c == '%' || c == '-';
}

/* ---- one block ---- */

static void end_word(Walk *walk, Py_ssize_t end)
{
    walk->ends[walk->words++] = (uint32_t)end;
}

/* Ask for the slot in which the first two characters of a word from `k` lie. */
static void fetch_ahead(const Cutter *self, const Walk *walk, Py_ssize_t k)
{
    uint64_t key = key_of(self->first[walk->text[k]], walk->text[k + 1]);
    FETCH(&self->slots[home_of(key, self->slot_bits)]);
}

/* Tokenizer.get_DAG and Tokenizer.calc in one pass from the block's end. */
static void find_route(const Cutter *self, Walk *walk, Py_ssize_t first, Py_ssize_t last)
{
    double *route = walk->route;
    route[last - first] = 0.0;
    for (Py_ssize_t k = last - 1; k >= first; k--) {
        double best = 0.0;
        Py_ssize_t end = 0;
        uint32_t node = 0;
        if (k - AHEAD >= first)
            fetch_ahead(self, walk, k - AHEAD);
        for (Py_ssize_t i = k; i < last; i++) {
            node = find_child(self, node, walk->text[i]);
            if (!node)
                break;
            if (self->score[node] >= 0.0) {
                double found = self->score[node] - walk->log_total + route[i + 1 - first];
                if (!end || found >= best) {
                    best = found;
                    end = i + 1;
                }
            }
        }
        if (!end) {
            best = 0.0 - walk->log_total + route[k + 1 - first];
            end = k + 1;
        }
        route[k - first] = best;
        walk->next[k - first] = (uint32_t)end;
    }
}

/* finalseg.viterbi and finalseg.__cut, for a run of Han characters. */
static void cut_unknown(const Hmm *hmm, Walk *walk, Py_ssize_t first, Py_ssize_t last)
{
    static const uint8_t former[STATES] = {END, BEGIN, BEGIN, END};
    static const uint8_t latter[STATES] = {SINGLE, MIDDLE, MIDDLE, SINGLE};
    double now[STATES], before[STATES];
    const double *emit = hmm->emit[walk->text[first] - HAN_FIRST];
    for (int y = 0; y < STATES; y++)
        now[y] = hmm->start[y] + emit[y];
    for (Py_ssize_t t = first + 1; t < last; t++) {
        emit = hmm->emit[walk->text[t] - HAN_FIRST];
        memcpy(before, now, sizeof before);
        uint8_t came = 0;
        for (int y = 0; y < STATES; y++) {
            int a = former[y], b = latter[y];
            double from_a = before[a] + hmm->step[a][y] + emit[y];
            double from_b = before[b] + hmm->step[b][y] + emit[y];
            int later = from_b >= from_a;
            now[y] = later ? from_b : from_a;
            came |= (uint8_t)(later << y);
        }
        walk->came[t] = came;
    }
    /* Walk the best path back, keeping each character's state in `came`. */
    int state = now[SINGLE] >= now[END] ? SINGLE : END;
    for (Py_ssize_t t = last - 1; t >= first; t--) {
        int later = t > first ? walk->came[t] >> state & 1 : 0;
        walk->came[t] = (uint8_t)state;
        state = later ? latter[state] : former[state];
    }
    for (Py_ssize_t t = first; t < last; t++)
        if (walk->came[t] == END || walk->came[t] == SINGLE || t + 1 == last)
            end_word(walk, t + 1);
}

/* finalseg.re_skip: [a-zA-Z0-9]+(?:\.\d+)?%? ; gives where the match ends. */
static Py_ssize_t skip_number(const Py_UCS4 *text, Py_ssize_t at, Py_ssize_t last)
{
    while (at < last && is_alnum(text[at]))
        at++;
    if (at + 1 < last && text[at] == '.' && is_digit(text[at + 1])) {
        at++;
        while (at < last && is_digit(text[at]))
            at++;
    }
    if (at < last && text[at] == '%')
        at++;
    return at;
}

/* finalseg.cut */
static void cut_run(const Hmm *hmm, Walk *walk, Py_ssize_t first, Py_ssize_t last)
{
    const Py_UCS4 *text = walk->text;
    Py_ssize_t at = first;
    while (at < last) {
        Py_ssize_t start = at;
        if (is_han(text[at])) {
            while (at < last && is_han(text[at]))
                at++;
            cut_unknown(hmm, walk, start, at);
            continue;
        }
        if (is_alnum(text[at]))
            at = skip_number(text, at, last);
        else
            while (at < last && !is_han(text[at]) && !is_alnum(text[at]))
                at++;
        end_word(walk, at);
    }
}

/* The characters that the route left single, in Tokenizer.__cut_DAG. */
static void end_singles(const Cutter *self, Walk *walk, Py_ssize_t first, Py_ssize_t last)
{
    if (last - first == 1) {
        end_word(walk, last);
        return;
    }
    uint32_t node = find_word(self, walk->text + first, last - first);
    if (!node || !self->frequency[node])
        cut_run(self->hmm, walk, first, last);
    else
        for (Py_ssize_t i = first; i < last; i++)
            end_word(walk, i + 1);
}

/* Tokenizer.__cut_DAG, or with `hmm` 0 Tokenizer.__cut_DAG_NO_HMM. */
static void cut_block(const Cutter *self, Walk *walk, Py_ssize_t first, Py_ssize_t last, int hmm)
{
    Py_ssize_t at = first, singles = first;
    find_route(self, walk, first, last);
    while (at < last) {
        Py_ssize_t end = walk->next[at - first];
        if (end - at > 1 || !(hmm || is_alnum(walk->text[at]))) {
            if (singles < at && hmm)
                end_singles(self, walk, singles, at);
            else if (singles < at)
                end_word(walk, at);
            end_word(walk, end);
            singles = end;
        }
        at = end;
    }
    if (singles < last && hmm)
        end_singles(self, walk, singles, last);
    else if (singles < last)
        end_word(walk, last);
}

/* Tokenizer.cut: blocks, line ends and single characters. */
static void cut_text(const Cutter *self, Walk *walk, Py_ssize_t length, int hmm)
{
    const Py_UCS4 *text = walk->text;
    Py_ssize_t at = 0;
    while (at < length) {
        Py_ssize_t start = at;
        while (at < length && is_block(text[at]))
            at++;
        if (at > start) {
            cut_block(self, walk, start, at, hmm);
            continue;
        }
        at += text[at] == '\r' && at + 1 < length && text[at + 1] == '\n' ? 2 : 1;
        end_word(walk, at);
    }
}

/* ---- Python's side ---- */

/* A copy of a string's characters, to be freed; NULL with an exception set. */
static Py_UCS4 *characters_of(PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "a str is wanted");
        return NULL;
    }
    return PyUnicode_AsUCS4Copy(text);
}

static void drop_walk(Walk *walk)
{
    PyMem_Free((void *)walk->text);
    PyMem_Free(walk->ends);
    PyMem_Free(walk->route);
    PyMem_Free(walk->next);
    PyMem_Free(walk->came);
}

/* Cut a text; 0, or -1 with an exception set. The caller drops the walk. */
static int walk_text(const Cutter *self, Walk *walk, PyObject *text, int hmm)
{
    Py_ssize_t length = PyUnicode_GetLength(text);
    if (length < 0)
        return -1;
    if (length >= MAX_TEXT) {
        PyErr_SetString(PyExc_OverflowError, "the text is too long");
        return -1;
    }
    walk->text = PyUnicode_AsUCS4Copy(text);
    if (!walk->text)
        return -1;
    walk->ends = PyMem_Malloc((size_t)(length + 1) * sizeof *walk->ends);
    walk->route = PyMem_Malloc((size_t)(length + 1) * sizeof *walk->route);
    walk->next = PyMem_Malloc((size_t)(length + 1) * sizeof *walk->next);
    walk->came = PyMem_Malloc((size_t)(length + 1) * sizeof *walk->came);
    if (!walk->ends || !walk->route || !walk->next || !walk->came) {
        PyErr_NoMemory();
        return -1;
    }
    walk->log_total = log((double)self->total);
    cut_text(self, walk, length, hmm);
    return 0;
}

/* A tuple of the given type, as tuple.__new__ would make it. */
static PyObject *make_token(PyTypeObject *type, allocfunc alloc, PyObject *text,
                            Py_ssize_t start, Py_ssize_t end, PyObject **last)
{
    PyObject *word = PyUnicode_Substring(text, start, end);
    PyObject *until = PyLong_FromSsize_t(end);
    PyObject *token = word && until ? alloc(type, 3) : NULL;
    if (!token) {
        Py_XDECREF(word);
        Py_XDECREF(until);
        return NULL;
    }
    PyTuple_SetItem(token, 0, word);
    PyTuple_SetItem(token, 1, *last); /* the end of the word before is our start */
    PyTuple_SetItem(token, 2, until);
    PyObject_GC_UnTrack(token); /* a string and two numbers make no cycle */
    Py_INCREF(until);
    *last = until;
    return token;
}

static PyObject *cutter_cut(Cutter *self, PyObject *args)
{
    PyObject *text, *type, *tokens = NULL, *last = NULL;
    Walk walk = {0};
    if (!PyArg_ParseTuple(args, "UO!:cut", &text, &PyType_Type, &type))
        return NULL;
    if (!PyType_IsSubtype((PyTypeObject *)type, &PyTuple_Type)) {
        PyErr_SetString(PyExc_TypeError, "a token is a tuple");
        return NULL;
    }
    allocfunc alloc = (allocfunc)PyType_GetSlot((PyTypeObject *)type, Py_tp_alloc);
    if (walk_text(self, &walk, text, 1) == 0)
        tokens = PyList_New(walk.words);
    if (tokens)
        last = PyLong_FromSsize_t(0);
    for (Py_ssize_t i = 0, start = 0; last && i < walk.words; i++) {
        PyObject *token = make_token((PyTypeObject *)type, alloc, text, start,
                                     (Py_ssize_t)walk.ends[i], &last);
        if (!token) {
            Py_CLEAR(last);
            break;
        }
        start = (Py_ssize_t)walk.ends[i];
        PyList_SetItem(tokens, i, token);
    }
    if (!last)
        Py_CLEAR(tokens);
    Py_XDECREF(last);
    drop_walk(&walk);
    return tokens;
}

static PyObject *cutter_ends(Cutter *self, PyObject *args)
{
    PyObject *text, *ends = NULL;
    int hmm;
    Walk walk = {0};
    if (!PyArg_ParseTuple(args, "Up:ends", &text, &hmm))
        return NULL;
    if (walk_text(self, &walk, text, hmm) == 0)
        ends = PyList_New(walk.words);
    for (Py_ssize_t i = 0; ends && i < walk.words; i++) {
        PyObject *end = PyLong_FromSsize_t((Py_ssize_t)walk.ends[i]);
        if (!end)
            Py_CLEAR(ends);
        else
            PyList_SetItem(ends, i, end);
    }
    drop_walk(&walk);
    return ends;
}

static PyObject *cutter_add(Cutter *self, PyObject *args)
{
    PyObject *word;
    long long frequency;
    if (!PyArg_ParseTuple(args, "UL:add", &word, &frequency))
        return NULL;
    Py_UCS4 *characters = characters_of(word);
    if (!characters)
        return NULL;
    int failed = add_word(self, characters, PyUnicode_GetLength(word), frequency);
    PyMem_Free(characters);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *cutter_frequency(Cutter *self, PyObject *word)
{
    Py_UCS4 *characters = characters_of(word);
    if (!characters)
        return NULL;
    uint32_t node = find_word(self, characters, PyUnicode_GetLength(word));
    PyMem_Free(characters);
    if (!node)
        Py_RETURN_NONE;
    return PyLong_FromLongLong(self->frequency[node]);
}

/* Tokenizer.gen_pfdict over one line: word, space, frequency, and what follows. */
static int load_line(Cutter *self, const Py_UCS4 *line, const Py_UCS4 *stop)
{
    const Py_UCS4 *at = line;
    int64_t frequency = 0;
    while (at < stop && *at != ' ')
        at++;
    Py_ssize_t length = at - line;
    const Py_UCS4 *digits = ++at;
    while (at < stop && is_digit(*at) && at - digits < 18)
        frequency = frequency * 10 + (int64_t)(*at++ - '0');
    if (at <= digits || (at < stop && *at != ' ' && *at != '\r')) {
        PyErr_SetString(PyExc_ValueError, "a line is not a word and its frequency");
        return -1;
    }
    return add_word(self, line, length, frequency);
}

static PyObject *cutter_load(Cutter *self, PyObject *dictionary)
{
    Py_UCS4 *text = characters_of(dictionary);
    if (!text)
        return NULL;
    const Py_UCS4 *line = text, *stop = text + PyUnicode_GetLength(dictionary);
    int failed = 0;
    while (line < stop && !failed) {
        const Py_UCS4 *end = line;
        while (end < stop && *end != '\n')
            end++;
        failed = load_line(self, line, end);
        line = end + 1;
    }
    PyMem_Free(text);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *cutter_total(Cutter *self, void *closure)
{
    (void)closure;
    return PyLong_FromLongLong(self->total);
}

static void cutter_dealloc(Cutter *self)
{
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    PyMem_Free(self->hmm);
    PyMem_Free(self->slots);
    PyMem_Free(self->frequency);
    PyMem_Free(self->score);
    PyMem_Free(self->first);
    release(self);
    Py_DECREF(type);
}

static PyObject *cutter_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"hmm", NULL};
    const char *tables;
    Py_ssize_t size;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "y#:Cutter", names, &tables, &size))
        return NULL;
    if (size != (Py_ssize_t)sizeof(Hmm)) {
        PyErr_SetString(PyExc_ValueError, "the tables have the wrong size");
        return NULL;
    }
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Cutter *self = (Cutter *)alloc(type, 0);
    if (!self)
        return NULL;
    self->slot_bits = 10;
    self->room = 512;
    self->nodes = 1;
    self->hmm = PyMem_Malloc(sizeof(Hmm));
    self->slots = PyMem_Calloc((size_t)1 << self->slot_bits, sizeof *self->slots);
    self->frequency = PyMem_Calloc(self->room, sizeof *self->frequency);
    self->score = PyMem_Calloc(self->room, sizeof *self->score);
    self->first = PyMem_Calloc(FIRST_COUNT, sizeof *self->first);
    if (!self->hmm || !self->slots || !self->frequency || !self->score || !self->first) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    memcpy(self->hmm, tables, sizeof(Hmm));
    return (PyObject *)self;
}

static PyMethodDef cutter_methods[] = {
    {"load", (PyCFunction)cutter_load, METH_O, "Add the words of a dictionary file's text."},
    {"add", (PyCFunction)cutter_add, METH_VARARGS, "Add a word with its frequency."},
    {"frequency", (PyCFunction)cutter_frequency, METH_O, "Give a word's frequency, or None."},
    {"ends", (PyCFunction)cutter_ends, METH_VARARGS, "Give where each word ends."},
    {"cut", (PyCFunction)cutter_cut, METH_VARARGS, "Give (word, start, end) of each word."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef cutter_getset[] = {
    {"total", (getter)cutter_total, NULL, "The sum of the frequencies.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot cutter_slots[] = {
    {Py_tp_new, (void *)cutter_new},
    {Py_tp_dealloc, (void *)cutter_dealloc},
    {Py_tp_methods, cutter_methods},
    {Py_tp_getset, cutter_getset},
    {Py_tp_doc, "A dictionary and the HMM tables; cuts text into jieba's words."},
    {0, NULL},
};

static PyType_Spec cutter_spec = {
    "nlp_pipeline.stages._native.cut.Cutter", sizeof(Cutter), 0, Py_TPFLAGS_DEFAULT, cutter_slots,
};

static int fill_module(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&cutter_spec);
    if (!type)
        return -1;
    int failed = PyModule_AddObjectRef(module, "Cutter", type);
    Py_DECREF(type);
    return failed;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, (void *)fill_module}, {0, NULL}};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "cut", "Cut text into jieba's words.", 0, NULL, module_slots,
    NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_cut(void)
{
    return PyModuleDef_Init(&module);
}
