"""Secrets in the system's keyring: macOS Keychain, Windows Credential Locker, the Secret Service of Linux."""

from __future__ import annotations

from connectors.secrets.lookup import Found, Lookup


def in_keyring(lookup: Lookup) -> Found:
    """service/user: the password that the keyring keeps for both."""
    service, _, user = lookup.name.partition("/")
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise lookup.problem("IR594", "secrets in the keyring need the package keyring",
                             "pip install 'weirflow[secrets]'") from error  # fmt: skip
    try:
        found = keyring.get_password(service, user)
    except keyring.errors.NoKeyringError:
        raise lookup.problem("IR594", "this machine has no keyring that could be asked",
                             "a server has none as a rule: write env:NAME or file:path#key") from None  # fmt: skip
    except Exception as error:  # every backend has errors of its own
        raise lookup.problem("IR593", f"the keyring did not answer: {type(error).__name__}", "unlock it") from None
    if found is None:
        raise lookup.missing(f"the keyring has no password of {user} for {service}", f"keyring set {service} {user}")
    return Found(value=found)
