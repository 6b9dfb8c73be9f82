"""ACCOUNT: what is written so and not otherwise: logins, tickets, parcels, sockets, SIM cards, long bare numbers."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.account_words import DESKS
from streams.core.pii.error_codes import OF_A_SERVICE, is_error
from streams.core.pii.quantities import ABROAD, COMPACT_DATE, DATE, DIRECTORY, is_quantity
from streams.core.pii.spans import Found, PiiType

_NORMS: Final = (
    rf"(?<=(?={OF_A_SERVICE}(?!\w)).)"
    r"|(?<=C)VE-|(?<=R)FC-|(?<=I)(?:SO|EC)-|(?<=E)N-|(?<=N)F-|(?<=[12])[0-9]{3}-[0-9]{2}-[0-9]{2}T"
)
"""How the names of norms, of flaws and of instants go on."""
_SHAPE: Final = re.compile(
    r"""
    [0-9A-Zf\#](?<![\w@/\#&.\-].) (?:
      (?: (?=[A-Z0-9]{0,8}[\-/])(?!NORMS)
          (?:(?=(?:[A-Z\-/]{0,9}[0-9]){6})(?=[A-Z0-9\-/]{0,24}?[0-9]{4})|(?=[A-Z0-9\-/]{0,24}?[0-9]{5}))
          (?:(?=[0-9\-/]{0,12}[A-Z])|(?<=[A-Z])) [A-Z0-9]{0,8}(?:[\-/][A-Z0-9]{1,8}){2,5}
        | (?<=[fF])(?i:bx|hd)[a-zA-Z]? [\s\-_.:]{0,3}+
          (?: (?=[OoIl]?[0-9])[0-9OoIl]{2,4}(?:[ .\-][0-9OoIl]{2,4}){1,4} | (?=[OoIl]?[0-9])[0-9OoIl]{4,12}(?!-[0-9]) )
        | (?<=[fF])(?i:o|tth) -?[0-9]{6,10}
        | (?<=1)Z[0-9A-Z]{16}
        | (?<=[A-Z])[A-Z][ ]?[0-9](?:[ ]?[0-9]){8}[ ]?(?:FR|JB|JF|YB|EE|EY|VA)
        | (?<=[A-Z])[A-Z]{0,4}[\-_/]?[0-9]{7,19}(?:[\-/]?[A-Z]{1,3}|[\-/][0-9]{1,4})?
        | (?<=[A-Z])[A-Z]{1,4}[\-/](?<!CVE-)[0-9]{2,4}[\-/][0-9]{4,10}
        | (?<=[A-Z])[A-Z]-(?=[A-Z]{0,3}[0-9])[A-Z0-9]{4}-(?=[A-Z]{0,3}[0-9])[A-Z0-9]{4}
        | (?<=[0-9])[0-9]{1,7}[\-/][A-Z]{1,4}[\-/][0-9]{4,10}
        | (?<=[0-9])[0-9][PE](?=[A-Z]{0,8}[0-9])[A-Z0-9]{6}[A-Z0-9+]{3}
        | (?<=8)9(?:[ .\-]?[0-9]){16,18}
        | (?<=[0-9])[A-Z](?:[ ]?[0-9]){11,13}
        | (?<=[A-Z])(?<=(?=(?:DESKS)[\-_/]).)[A-Z]{1,6}[\-_/](?!(?:19|20|3[0-9]|10)[0-9]{2}(?![0-9\-/]))
          [0-9](?:[\-/]?[0-9]){3,15}
      ) (?![\w@])
    | (?<=\#)(?P<hash>[0-9]{5,14}|[A-Z]{2,5}-?[0-9]{5,12})(?![\w@;])
    )
    """.replace("DESKS", DESKS).replace("NORMS", _NORMS),
    re.VERBOSE,
)
"""Nothing else is written so: a login, a number behind letters, a RIO, an optical socket, a SIM, a parcel, a ticket."""
_BARE: Final = re.compile(
    r"[0-9](?<![\w@/.,\-#=+&?].)(?<!0[ .\-)].)(?:(?<=0)[0-9]{6,19}(?! [0-9])|(?<=[1-9])[0-9]{6,19}"
    r"|(?P<joint>[.\-])[0-9](?:(?P=joint)[0-9]){5,14})(?![\w@]|[.,:/\-]\w)"
)
"""Seven digits in a row, or one by one: no version has as many parts."""
_SIM: Final = re.compile(r"8(?<![\w@].)(?<![0-9][ .\-].)9[ .\-]?3(?:[ .\-]?[0-9]){15,17}(?![\w@]|[ .\-][0-9])")
_JOINTS: Final = re.compile(r"[\W_]+")


def find(text: str) -> Iterator[Found]:
    """Finds identifiers that need no word beside them."""
    for match in _SHAPE.finditer(text):
        start, end = match.span("hash" if match["hash"] else 0)
        if is_error(text, start, end):
            continue
        if DATE.fullmatch(text, start, end) is None and DIRECTORY.fullmatch(text, start, end) is None:
            yield found(text, start, end, "account_shape")


def find_sims(text: str) -> Iterator[Found]:
    """Finds numbers of SIM cards, which are looked for before the numbers that a sum proves: any run may have one."""
    for match in _SIM.finditer(text):
        yield found(text, *match.span(), "account_shape")


def find_bare(text: str) -> Iterator[Found]:
    """Finds whole numbers of seven digits and more: customers group the digits of amounts, not those of identifiers."""
    for match in _BARE.finditer(text):
        start, end = match.span()
        if not (
            is_quantity(text, start, end)
            or COMPACT_DATE.fullmatch(match[0])
            or ABROAD.search(text, max(start - 5, 0), start)
        ):
            yield found(text, start, end, "account_bare")


def found(text: str, start: int, end: int, rule: str) -> Found:
    """Returns an identifier whose value is its letters and digits."""
    return Found(start, end, PiiType.ACCOUNT, rule, _JOINTS.sub("", text[start:end]).lower())
