"""A point in time, with its offset from UTC: a record whose instant lacks it does not decode."""

from datetime import datetime
from typing import Annotated

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
