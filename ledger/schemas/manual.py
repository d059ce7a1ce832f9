"""What each numbered check is: its method, the version of its format, and what its result can and cannot show.

The one source of these words: reports and pages both take them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One check for readers who were not there. ``version`` names the formats and standards it follows."""

    method: str
    version: str
    shows: str
    cannot_show: str


MANUAL: Mapping[int, Page] = {
    0: Page(
        "Decoding under limits of size, pixels and frames",
        "DICOM PS3.5 and PS3.10, PNG, JPEG, TIFF 6.0",
        "Whether the file is a complete image that the further examinations can read.",
        "A file that decodes may still be altered, and one that does not may be damaged without intent.",
    ),
    1: Page(
        "SHA-256 over all bytes of the file, looked up among the registered digests",
        "file/1, FIPS 180-4",
        "Equal: the file is, byte for byte, the one that was registered.",
        "A difference of one bit looks like another image. It says nothing of the time before registration.",
    ),
    2: Page(
        "SHA-256 over the decoded samples, of lossy images over their compressed data; tiles of 32 x 32 samples",
        "pixel/1, codestream/1, tile/1",
        "Equal: the samples are the registered ones, whatever file they came in. Tiles that differ are changed.",
        "After lossy recompression all samples differ. Another decoder gives other samples of lossy data.",
    ),
    3: Page(
        "Digest of each attribute of the data set, compared with the registered ones",
        "dataset/1, DICOM PS3.6",
        "Which attributes differ from the registered file, and which of them change how the pixels are shown.",
        "Why an attribute differs: routine work of an archive changes attributes as well.",
    ),
    4: Page(
        "Audit path from the entry to the root of the registrar's log",
        "RFC 9162 Merkle tree, SHA-256; entries in RFC 8785 JSON",
        "The registration is an entry of the log, and the log holds it unchanged.",
        "Whether what the registrar wrote into the log was true when it was written.",
    ),
    5: Page(
        "The log's root as the contract on the chain holds it, and the age of the block",
        "Ethereum JSON-RPC; EIP-1186 proofs in the receipt",
        "The log held this entry no later than the time of the block, and was not rewritten since.",
        "Anything before that block. A chain that one party runs alone is only as good as that party.",
    ),
    6: Page(
        "The contract's directory of registrars, as of the anchoring block",
        "contract directory",
        "The registrar was entitled to register at that time, and its key not known to be compromised.",
        "A key that was stolen and not reported.",
    ),
    7: Page(
        "Statements about the registration in the log: revoked, superseded, disputed",
        "log entries, as of the time of this report",
        "Whether the registrar still stands by the registration, and who said what about it.",
        "What will be said of it later.",
    ),
    8: Page(
        "Search for a registered original by coarse codes; candidates laid on the item and confirmed by fine texture",
        "trace/1, PDQ codes",
        "The item is a copy of the named registered image, also when it was saved anew, resized or cropped.",
        "That no original was found does not mean that there is none: large crops, tiny pictures and images"
        " registered by digest alone are not found.",
    ),
    9: Page(
        "Comparison with the registered original by tiles, by its fingerprint, or by the original file itself",
        "tile/1, trace/1 or original",
        "Where the item differs from the registered original beyond what saving it anew explains.",
        "In lossy copies, changes below the limits stated in this report. Who made a change, when, and why.",
    ),
    10: Page(
        "Forgery detector: traces of manipulation in the item itself, without any original",
        "see parameters",
        "Whether the picture shows traces as forgeries of the calibration set do, and where.",
        "It never shows that an image is authentic. Some pristine pictures show such traces and some forgeries show"
        " none; the error rates say how often. Other kinds of image than those measured may do worse.",
    ),
    11: Page(
        "Decision under the policy named, from examinations 0 to 10",
        "policy",
        "What follows under fixed rules; the same findings give the same verdict.",
        "More than its findings do.",
    ),
}
UNKNOWN = Page("not known to this version", "unknown", "Not described here.", "Not described here.")
