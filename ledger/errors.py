"""Every error MedSeal raises on purpose, in one tree.

::

    LedgerError
    ├── InputError                 the caller can mend it
    │   ├── UnreadableImage        not an image, truncated or malformed
    │   ├── UnsupportedImage       an image of a kind that is not read
    │   ├── LimitExceeded          larger than the limits allow; refused before decoding
    │   ├── InvalidDigest          not of the form sha256:<64 hex digits>, or an unknown name
    │   ├── InvalidEntry           a log entry that breaks the entry rules
    │   ├── InvalidCase            what is said in a case breaks the rules of its event
    │   ├── InvalidReceipt         not a receipt of a known version
    │   ├── InvalidTrust           not a trust file of a known version
    │   ├── InvalidDossier         not a dossier of a known version, or one beyond the limits
    │   ├── InvalidProof           a proof that does not lead to the expected root
    │   ├── NotFound               no such registration, registrar, batch or entry
    │   │   └── NoLedger           the data folder holds none
    │   ├── Conflict               the same key for other content, or a state that forbids the step
    │   │   ├── CaseClosed         the case is closed and takes nothing but a reopen
    │   │   └── DerivationContradicted  the declared operation did not make this image of the original
    │   └── NotAllowed             no key, a wrong key, or a key without the scope
    │       ├── SignInExpired      a person's sign-in was good until a time that has passed
    │       └── SignInRefused      a token that the issuer did not make, or not for this ledger
    ├── OutageError                nothing is wrong with the input; try again later
    │   ├── ChainUnreachable       the node does not answer, or answers nonsense
    │   │   └── ChainSilent        the node takes questions and does not answer them in time
    │   ├── ChainMismatch          another chain id or genesis, or no contract at the address
    │   ├── ChainRejected          the node or the contract refused a transaction
    │   ├── IssuerUnreachable      who signs people in does not answer, so nobody new can be recognised
    │   ├── DetectorUnavailable    the forgery detector is busy, too slow, ended, or lacks its model
    │   ├── StoreUnavailable       the database cannot be read or written
    │   ├── StorageFull            no space left on the device
    │   └── TraceUnreadable        a stored fingerprint that the key at hand does not decrypt
    └── SettingsError              a setting or a file of the data folder that cannot be used

A test compares this drawing with the classes.
"""

from __future__ import annotations


class LedgerError(Exception):
    """Base of all. ``code`` is stable and documented; ``advice`` says what to do next."""

    code = "ledger_error"
    advice = "Run the command again with --verbose and report what it prints."
    status = 500

    def __init__(self, message: str, *, advice: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice
        if code is not None:
            self.code = code


class InputError(LedgerError):
    """What was given cannot be used; the caller can mend it."""

    code = "input_error"
    advice = "Check the input and try again."
    status = 422


class UnreadableImage(InputError):
    """The bytes are no image, or a truncated or malformed one."""

    code = "unreadable_image"
    advice = "Check that the file is complete and is DICOM, PNG, JPEG or TIFF."


class UnsupportedImage(InputError):
    """A sound image, but of a kind that is not read."""

    code = "unsupported_image"
    advice = "Convert the image to DICOM, PNG, JPEG or TIFF, or register its digest only."
    status = 415


class LimitExceeded(InputError):
    """Larger than the limits allow; refused before decoding."""

    code = "limit_exceeded"
    advice = "Register the digest only, or ask the operator to raise the limit."
    status = 413


class InvalidDigest(InputError):
    """A digest not of the form ``sha256:<64 hex digits>``, or under a name that is not known."""

    code = "invalid_digest"
    advice = "Give digests as name and sha256:<64 lower-case hex digits>."


class InvalidEntry(InputError):
    """A log entry that breaks the entry rules."""

    code = "invalid_entry"
    advice = "Compare the entry with the format in ARCHITECTURE.md."


class InvalidCase(InputError):
    """What is said in a case breaks the rules of its event."""

    code = "invalid_case"
    advice = "Correct the field that the message names; nothing was written."


class InvalidReceipt(InputError):
    """Not a receipt of a known version."""

    code = "invalid_receipt"
    advice = "Ask the registrar for the receipt again; it must be unchanged JSON."


class InvalidTrust(InputError):
    """Not a trust file of a known version."""

    code = "invalid_trust"
    advice = "Export the trust file again (medseal trust), or ask its publisher for it."


class InvalidDossier(InputError):
    """Not a dossier of a known version, or one beyond the limits."""

    code = "invalid_dossier"
    advice = "Ask its sender for the dossier again; it must be the unchanged zip."


class InvalidProof(InputError):
    """A proof that does not lead to the expected root."""

    code = "invalid_proof"
    advice = "Ask the registrar for a fresh receipt."


class NotFound(InputError):
    """There is no such registration, registrar, batch or entry."""

    code = "not_found"
    advice = "Check the identifier; medseal history lists what is registered."
    status = 404


class NoLedger(NotFound):
    """The data folder holds no ledger, and a question to an empty one would be answered wrongly."""

    code = "no_ledger"
    advice = (
        "Say where it is: --data DIR (MEDSEAL_DATA), or --server URL. ./scripts/run, medseal up and medseal register"
        " make a new one."
    )


class Conflict(InputError):
    """The same key for other content, or a state that forbids the step."""

    code = "conflict"
    advice = "Read the present state first, then repeat the step if it still makes sense."
    status = 409


class CaseClosed(Conflict):
    """The case is closed; only a reopen may follow."""

    code = "case_closed"
    advice = "Reopen the case first (medseal case reopen), saying why."


class DerivationContradicted(Conflict):
    """The two images show that the declared operation did not make one of the other."""

    code = "derivation_contradicted"
    advice = "Declare the operation that made the image, or register it as an image of its own (medseal register)."


class NotAllowed(InputError):
    """No API key, a wrong one, or one without the scope."""

    code = "not_allowed"
    advice = "Use an API key that has the scope named in the message."
    status = 403


class SignInExpired(NotAllowed):
    """A token of the right issuer whose time is over."""

    code = "sign_in_expired"
    advice = "Sign in again; a sign-in is good until the time that its issuer gave it."
    status = 401


class SignInRefused(NotAllowed):
    """A token that does not hold: another issuer or audience, a wrong signature, a missing claim."""

    code = "sign_in_refused"
    advice = (
        "Sign in again; if that does not help, compare MEDSEAL_OIDC_ISSUER and MEDSEAL_OIDC_AUDIENCE with the token."
    )
    status = 401


class OutageError(LedgerError):
    """Nothing is wrong with the input; the same step may succeed later."""

    code = "outage"
    advice = "Nothing was lost. Try again in a moment."
    status = 503


class ChainUnreachable(OutageError):
    """The node does not answer, or answers nonsense."""

    code = "chain_unreachable"
    advice = (
        "Check that the node runs and that MEDSEAL_CHAIN_URL is right. Nothing was lost; anchoring goes on by itself."
    )


class ChainSilent(ChainUnreachable):
    """The node takes questions and does not answer them in time: it hangs, or is overloaded."""

    code = "chain_silent"
    advice = (
        "The node hangs or has too much to do: look at its process and its log, and start it again if need be. "
        "MEDSEAL_CHAIN_TIMEOUT says how long to wait. Nothing was lost; anchoring goes on by itself."
    )


class ChainMismatch(OutageError):
    """The node serves another chain than expected, or no contract stands at the address."""

    code = "chain_mismatch"
    advice = (
        "Point MEDSEAL_CHAIN_URL at the chain of deployment.json; for another chain deploy into a folder of its own."
    )


class ChainRejected(OutageError):
    """The node or the contract refused a transaction."""

    code = "chain_rejected"
    advice = "Read the reason; medseal doctor shows the sender's balance and its place in the directory."


class IssuerUnreachable(OutageError):
    """The OpenID provider gives no keys, so that no token can be checked now."""

    code = "issuer_unreachable"
    advice = "Check that MEDSEAL_OIDC_ISSUER answers from the server; API keys go on working. Try again in a moment."


class DetectorUnavailable(OutageError):
    """The forgery detector gave no answer: busy, too slow, ended by itself, or without its model."""

    code = "detector_unavailable"
    advice = "Verify again in a moment; medseal doctor says whether the model is there."


class StoreUnavailable(OutageError):
    """The database cannot be read or written."""

    code = "store_unavailable"
    advice = "Check the database. Nothing was acknowledged that was not stored."


class StorageFull(OutageError):
    """There is no space left on the device."""

    code = "storage_full"
    advice = "Free some space. Nothing was acknowledged that was not stored."
    status = 507


class TraceUnreadable(OutageError):
    """A stored fingerprint is encrypted, and the key is missing or another one."""

    code = "trace_unreadable"
    advice = "Set MEDSEAL_TRACE_KEY_FILE to the key that was used when the image was registered."


class SettingsError(LedgerError):
    """A setting, or a file of the data folder, that cannot be used."""

    code = "settings_error"
    advice = "Run medseal doctor; it names the setting and the file."
