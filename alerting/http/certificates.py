"""Whom TLS trusts: the authorities in SSL_CERT_FILE and SSL_CERT_DIR, else those of the system and of certifi."""

import ssl
from collections.abc import Mapping
from pathlib import Path

import certifi

FILE, FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"
OWN_AUTHORITY = f"If it is your own authority's, name a file with its certificate in {FILE}."


class CertificateMistakeError(ValueError):
    """SSL_CERT_FILE or SSL_CERT_DIR cannot be used; the message says which, and why."""


def trusted(environ: Mapping[str, str]) -> ssl.SSLContext:
    """A context that verifies certificates and host names; raises CertificateMistakeError."""
    mistake = problem(environ)
    if mistake:
        raise CertificateMistakeError(mistake)
    file, folder = (environ.get(name) or None for name in (FILE, FOLDER))
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    context = ssl.create_default_context()
    # A container without a bundle of its own trusts nobody.
    context.load_verify_locations(certifi.where())
    return context


def problem(environ: Mapping[str, str]) -> str:
    """What is wrong with the two variables, in one sentence; empty where nothing is."""
    file, folder = environ.get(FILE, ""), environ.get(FOLDER, "")
    if file:
        try:
            ssl.create_default_context(cafile=file)
        except ssl.SSLError:
            return f"{FILE}: {file} holds no certificates (PEM) that can be read"
        except OSError as error:
            return f"{FILE}: {file} cannot be read: {error.strerror}"
    if folder and not any(Path(each).is_dir() for each in folder.split(":")):
        return f"{FOLDER}: {folder} is no directory"
    return ""
