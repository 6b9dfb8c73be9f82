"""Whether a text names an account, with the eyes of the scrubber: whatever becomes a placeholder there is a mention."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import handles, profiles
from streams.core.pii.plain import INVISIBLE, plain, unscored
from streams.core.pii.spans import Found

_ALL: Final[frozenset[str]] = frozenset()


class Mentions:
    """Looks for one account: behind @, in the address of its page, behind the name of a network.

    Args:
        name: the handle, lower case, without @.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._handle = f"@{name}"
        self._apart = f"@ {name}"
        self._is_no_word = any(handles.find_named(f"insta : {name}", _ALL))
        self._at = re.compile(rf"@{re.escape(name)}(?!\w)")

    def __call__(self, text: str) -> bool:
        """Tells whether the text names the account, in any case and disguise.

        Nearly every text ends at the first look: the name does not stand in it.
        """
        read = plain(text)
        return self._is_in(read) or ("_" in read and self._is_in(unscored(read)))

    def _is_in(self, read: str) -> bool:
        lower = read.replace(INVISIBLE, "").lower()
        if self._name not in lower:
            return False
        if self._at.search(lower):
            return True
        return any(one.value == self._handle for one in self._found(lower))

    def _found(self, lower: str) -> Iterator[Found]:
        if profiles.may_hold(lower):
            yield from profiles.find(lower, _ALL)
        if self._apart in lower:
            yield from handles.find(lower, _ALL)
        if self._is_no_word:
            yield from handles.find_named(lower, _ALL)
