r"""Formulas for a terminal: ``\frac{x - \min}{R}`` becomes ``(x - min)/R``."""

from __future__ import annotations

import re

__all__ = ["plain"]

_APART = "\N{EM SPACE}"
_SIGNS = {
    "sum": "Σ",
    "prod": "Π",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "mp": "∓",
    "pm": "±",
    "cdot": "·",
    "in": "∈",
    "propto": "∝",
    "mid": "|",
    "dots": "…",
    "ldots": "…",
    "alpha": "α",
    "beta": "β",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "chi": "χ",
    "ell": "l",
    "forall": "for all",
    **dict.fromkeys(("quad", "qquad", "\\"), _APART),
    **dict.fromkeys((",", ";", " "), " "),
    **dict.fromkeys(("left", "right", "big", "Big"), ""),
}
_MARKS = {"bar": "\u0304", "hat": "\u0302", "overline": "\u0304"}  # above the letter before them
_WORDS = ("text", "mathrm", "operatorname")
_TAKES = re.compile(
    r"(\bln|Σ(_\w+|_\([^)]*\))?) *$"
)  # what would end at the stroke of a fraction without brackets
_TOKEN = re.compile(r"\\([A-Za-z]+|.)|(.)", re.DOTALL)


def plain(tex: str) -> str:
    """Return a formula of the docstrings in letters and signs that a terminal has."""
    tex = re.sub(r"\\begin\{cases\}(.*?)\\end\{cases\}", _cases, tex, flags=re.DOTALL)
    said = re.sub(r" +", " ", _read(tex))
    said = re.sub(r" (?=[,)\]}])|(?<=[(\[{]) ", "", said)
    return re.sub(rf" ?{_APART}[ {_APART}]*", "   ", said).strip()


def _cases(found: re.Match[str]) -> str:
    rows = [row.replace("&", r"\text{ if }") for row in found[1].split(r"\\")]
    return r"\{" + ", ".join(rows).replace(r"\text{ if } \text{else}", r"\text{ else}") + r"\}"


def _read(tex: str) -> str:
    """Read a formula from left to right."""
    said: list[str] = []
    at = 0
    while at < len(tex):
        command, sign, after = _next(tex, at)
        if command in ("frac", "tfrac"):
            above, after = _argument(tex, after)
            below, after = _argument(tex, after)
            part = f"{_held(above)}/{_held(below)}"
            said.append(f" ({part})" if _TAKES.search("".join(said)) else part)
        elif command == "sqrt":
            inner, after = _argument(tex, after)
            said.append(f"√({inner})")
        elif command in _MARKS:
            inner, after = _argument(tex, after)
            said.append(f"{inner}{_MARKS[command]}" if len(inner) == 1 else f"mean({inner})")
        elif command in _WORDS:
            after = tex.index("}", after)
            said.append(tex[tex.rindex("{", 0, after) + 1 : after].replace("\\", ""))
            after += 1
        elif command is not None:
            said.append(_SIGNS.get(command, command))
        elif sign in "_^":
            inner, after = _argument(tex, after)
            said.append(sign + (inner if re.fullmatch(r"[\w.]+|[-+*±]|\(.*\)", inner) else f"({inner})"))
        elif sign not in "{}":
            said.append(sign)
        at = after
    return "".join(said)


def _next(tex: str, at: int) -> tuple[str | None, str, int]:
    found = _TOKEN.match(tex, at)
    assert found is not None
    return found[1], found[2] or "", found.end()


def _argument(tex: str, at: int) -> tuple[str, int]:
    """Return what is in the braces that begin here, or the one token, and where it ends."""
    while tex[at] == " ":
        at += 1
    if tex[at] != "{":
        command, _, end = _next(tex, at)
        if command in _MARKS or command in _WORDS:
            _, end = _argument(tex, end)
        return _read(tex[at:end]), end
    depth, end = 0, at
    while True:
        if tex[end] == "\\":
            end += 1
        elif tex[end] in "{}":
            depth += 1 if tex[end] == "{" else -1
        end += 1
        if depth == 0:
            return _read(tex[at + 1 : end - 1]), end


def _held(part: str) -> str:
    return part if re.fullmatch(r"[\w\u0304\u0302]+|[|][^|]*[|]", part) else f"({part})"
