"""What a file says by itself, without a registration: its digests, and what each method of the detector finds."""

from __future__ import annotations

from pydantic import Field

from ledger.schemas.base import Digest, DigestName, Wire


class FileDigests(Wire):
    """The digests by which a file is looked up. The perceptual ones are left out: they show what it looks like."""

    digests: dict[DigestName, Digest]
    unreadable: str = Field(default="", description="Why there is no digest but file/1; empty when it could be read")


class Methods(Wire):
    """The methods of the forgery detector."""

    names: list[str]
    default: str = Field(description="The one that verification asks")
    seconds: float = Field(description="How long one method may take for one image; after that it has no answer")
