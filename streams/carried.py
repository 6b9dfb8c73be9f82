"""Packed data files that the project carries: unpacked whole and held to their checksum; never touches the network."""

import gzip
import hashlib
import lzma
import zlib
from dataclasses import dataclass
from pathlib import Path

from streams.errors import MissingToolError


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """One file, `.gz` or `.xz`, as the repository holds it."""

    path: Path
    what: str
    """What messages call it, in the plural: "the token ranks"."""
    sha256: str
    """Of the unpacked bytes."""
    remedy: str

    def read(self) -> bytes:
        """Returns the unpacked bytes.

        Raises:
            MissingToolError: the file cannot be read, or is not the one that was shipped.
        """
        unpack = lzma.decompress if self.path.suffix == ".xz" else gzip.decompress
        try:
            data = unpack(self.path.read_bytes())
        except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError) as error:
            raise self._refused(f"are damaged: {error}") from error
        except OSError as error:
            raise self._refused(f"cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise self._refused("are not those that were shipped (SHA-256 differs)")
        return data

    def _refused(self, why: str) -> MissingToolError:
        return MissingToolError(f"{self.what} {self.path} {why}", remedy=self.remedy)
