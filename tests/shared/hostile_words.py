"""Words that pages, notebooks and terminals must show and never obey, by kind.

Whatever would run says so: it calls ``alert``, which a test hears, or asks for a file.
"""

import itertools

import numpy as np
import pandas as pd

MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</svg></table></details><h1>",
    "]]>--!><!--",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&#60;i&#62;",
    "javascript:alert(1)",
    "\u202egnp.exe",
    "\x1b[2J\x07",
    "田中さん \U0001f469\u200d\U0001f680",
    "𒐫﷽",
)
TAGS = ("img", "svg", "body", "iframe", "video", "details open", "input autofocus")
EVENTS = ("onload", "onerror", "onfocus", "ontoggle", "onpointerenter")
OPENERS = ("", '">', "'>", "</style>", "</title>", "</script>", "-->", "]]>", "`")
STARTED = tuple(
    f"{opener}<{tag} src=x {event}=alert(1)>"
    for opener, (tag, event) in zip(
        itertools.cycle(OPENERS), itertools.product(TAGS, EVENTS), strict=False
    )
)
SPLIT = (
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<SCRIPT SRC=//example.invalid/x.js></SCRIPT>",
    "<script\x0c>alert(1)</script\x0b>",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "<style>@import url(//example.invalid/x.css);</style>",
    "<link rel=stylesheet href=//example.invalid/x.css>",
    "<meta http-equiv=refresh content='0;url=//example.invalid'>",
    "<base href=//example.invalid/>",
    "<form action=//example.invalid><button>go",
    "<object data=//example.invalid/x.swf>",
    "<math><mtext></mtext><style><img src onerror=alert(1)>",
    "<a href=javascript:alert(1)>a</a>",
    "data:text/html,<script>alert(1)</script>",
    "<plaintext>",
    "<xmp>",
    "<textarea>",
    "<template><slot>",
    "&#x3c;script&#x3e;alert(1)&#x3c;/script&#x3e;",
    "\\u003cscript\\u003ealert(1)",
    "${alert(1)}",
    "#{alert(1)}",
    "<%= alert(1) %>",
    "{{constructor.constructor('alert(1)')()}}",
    "{% include 'x' %}{# #}",
    "url(javascript:alert(1))",
    "expression(alert(1))",
    "style=width:9999px;position:fixed;top:0",
)
NOTEBOOKS = (
    "'''\nimport os\n'''",
    '"""); raise SystemExit("""',
    "%run x.py",
    "!touch x",
    "f'{__import__(\"os\")}'",
    "$\\alpha$ $$x$$ \\(y\\)",
    "`code` ``` ~~~",
    "# heading\n- list\n> quote",
    "[link](javascript:alert(1))",
    "![image](//example.invalid/x.png)",
    "| a | b |",
    "*a* _b_ ~c~",
    "\\n\\t\\x41\\u0041\\",
)
ELSEWHERE = (
    "'; DROP TABLE rows; --",
    "$(touch x)`touch x`",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "C:\\CON\\NUL",
    "%s%n%d {0} {x!r}",
    "hasOwnProperty",
    "__proto__",
    "constructor",
    "undefined",
    "NaN",
    "1e999",
    "0x1p3",
    "-0",
    "١٢٣",
    "½²③",
)
UNICODE = (
    "e\u0301" * 40,
    "\u0e49" * 200,
    "\u200b\u200c\u200d\u2060\ufeff",
    "\u2066\u2067\u2068\u2069",
    "\u061c\u200f\u200e",
    "\u2028\u2029\x85",
    "\U000e0041\U000e007f",
    "مرحبا بالعالم",
    "שלום",
    "ภาษาไทย",
    "İıſßﬀ",
    "\U0001f1e9\U0001f1ea\U0001f3fb\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "𝕋𝕖𝕩𝕥",
    "Z\u0351\u036b\u0343a\u0363\u0369l",
    "\u202a\u202b\u202d\u202ex\u202c",
    "\ud7ff\ue000\uffff",
    "W" * 3000,
    "a b" * 800,
    "\t\v\f",
    "\x01\x02\x7f\x9b",
)
WORDS = (*MARKUP, *STARTED, *SPLIT, *NOTEBOOKS, *ELSEWHERE, *UNICODE)


def table_of(words, n_rows=120, n_classes=3):
    """Return tables whose column names, classes, ids and cells are some words."""
    rng = np.random.default_rng(0)
    n_all, n_words = n_rows + n_rows // 2, len(words)
    columns = {f"{words[0]} id": [f"{words[at % n_words]}{at}" for at in range(n_all)]}
    columns |= {
        f"{words[at]} {at}": [words[k] for k in rng.integers(0, n_words, n_all)]
        for at in range(1, n_words)
    }
    columns["text " + words[0]] = [
        f"{words[k]} is row {at} of the table"
        for at, k in enumerate(np.arange(n_all) % n_words)
    ]
    table = pd.DataFrame(columns)
    target = "target " + words[1]
    y = [words[k] for k in np.arange(n_rows) % n_classes]
    train = table[:n_rows].assign(**{target: y})
    return train, table[n_rows:].reset_index(drop=True), target
