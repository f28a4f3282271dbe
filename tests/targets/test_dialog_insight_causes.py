"""Why an account is refused: how the platform words it is not known, so many wordings are read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer import targets
from importer.errors import AccountCause, Refusal, RefusedError
from importer.model import ApiResponse, Connection, WriteMode
from importer.targets.dialog_insight.causes import cause_of

KEY, INACTIVE, ADDRESS = AccountCause.KEY, AccountCause.INACTIVE, AccountCause.ADDRESS
PERMISSION, PROJECT, UNSAID = AccountCause.PERMISSION, AccountCause.PROJECT, AccountCause.UNSAID


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (KEY, "InvalidAuthKey"),
        (KEY, "INVALID_KEY"),
        (KEY, "InvalidCredentials: idKey and Key are not accepted"),
        (KEY, "The authentication key is invalid."),
        (KEY, "Unknown key"),
        (KEY, "Wrong idKey or Key"),
        (KEY, "Authentication failed"),
        (KEY, "La clé d'authentification est invalide."),
        (KEY, "Clé inconnue"),
        (KEY, "Identifiants incorrects"),
        (KEY, "Mauvaise clé"),
        (INACTIVE, "KeyExpired"),
        (INACTIVE, "The key is not active."),
        (INACTIVE, "This API key was disabled by an administrator"),
        (INACTIVE, "Inactive key"),
        (INACTIVE, "The key has expired and is no longer valid"),
        (INACTIVE, "Invalid key: the key has expired"),
        (INACTIVE, "La clé est expirée."),
        (INACTIVE, "Clé désactivée"),
        (INACTIVE, "La clé n'est pas active"),
        (INACTIVE, "Compte suspendu"),
        (ADDRESS, "IPNotAllowed"),
        (ADDRESS, "IP_NOT_AUTHORIZED"),
        (ADDRESS, "The IP address 192.0.2.7 is not in the list of the key"),
        (ADDRESS, "Your address is not authorized for this key"),
        (ADDRESS, "The key may not be used from the address 192.0.2.7"),
        (ADDRESS, "Not allowed from this address"),
        (ADDRESS, "Adresse IP non autorisée"),
        (ADDRESS, "Cette adresse n'est pas autorisée pour la clé"),
        (PERMISSION, "PermissionDenied"),
        (PERMISSION, "The key lacks the permission to call Contacts.Merge"),
        (PERMISSION, "Insufficient rights"),
        (PERMISSION, "The key is not allowed to use this method"),
        (PERMISSION, "Not authorized to call Projects.Get"),
        (PERMISSION, "Vous n'avez pas les droits nécessaires"),
        (PERMISSION, "La clé n'est pas autorisée à appeler cette méthode"),
        (PERMISSION, "Permission insuffisante"),
        (PROJECT, "UnknownProject"),
        (PROJECT, "ProjectNotFound"),
        (PROJECT, "there is no project 99 for this key"),
        (PROJECT, "idProject is invalid"),
        (PROJECT, "The project does not exist"),
        (PROJECT, "Le projet 99 n'existe pas"),
        (PROJECT, "Projet introuvable"),
        (PROJECT, "Aucun projet avec ce numéro"),
        (UNSAID, ""),
        (UNSAID, "Access denied"),
        (UNSAID, "Accès refusé"),
        (UNSAID, "Forbidden"),
        (UNSAID, "12"),
        (UNSAID, "Tip of the day"),
        (UNSAID, "the key to success"),
    ],
)
def test_words_tell_the_cause_whatever_the_status(cause: AccountCause, words: str) -> None:
    for status in (200, 403):
        assert cause_of(status, words) is cause
    assert cause_of(401, words) is (KEY if cause is UNSAID else cause)


@given(st.text(max_size=2000))
def test_any_words_have_a_cause(words: str) -> None:
    assert cause_of(403, words) in AccountCause


def refused(status: int, body: bytes, **headers: str) -> RefusedError:
    mode = WriteMode(allow_insert=True, allow_update=True)
    connection = Connection("p", "dialog-insight", "https://x.test", "1", "env:K", "2")
    target = targets.build(connection, mode=mode, fields=())
    assert isinstance(target, targets.Describes)
    with pytest.raises(RefusedError) as caught:
        target.read_description([ApiResponse(status, headers, body)])
    assert caught.value.scope is Refusal.ACCOUNT
    return caught.value


def envelope(code: str, message: str) -> bytes:
    return json.dumps({"Success": False, "ErrorCode": code, "ErrorMessage": message}).encode()


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404])
def test_a_refused_account_has_its_cause_in_every_style(status: int) -> None:
    error = refused(status, envelope("K12", "La clé est expirée."))
    assert (error.cause, str(error)) == (INACTIVE, "K12: La clé est expirée.")


def test_a_status_alone_tells_little() -> None:
    assert refused(401, b"<html>").cause is KEY
    assert refused(403, b"<html>").cause is UNSAID
    assert refused(404, envelope("X", "no")).cause is UNSAID


def test_a_moved_address_is_a_cause() -> None:
    assert refused(301, b"", location="https://elsewhere.test/").cause is AccountCause.MOVED
