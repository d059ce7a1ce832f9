"""What the wire types are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Digest = Annotated[str, StringConstraints(pattern=r"^(sha256|pdq):[0-9a-f]{64}$")]
DigestName = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}/[1-9]\d?$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class Wire(BaseModel):
    """Base: unknown fields are refused, so that a misspelt one is an error and not a silence."""

    model_config = ConfigDict(extra="forbid")
