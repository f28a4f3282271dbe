"""Calls that only read: they may be repeated at will, and no journal knows of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from importer.delivery.ending import EndReason, HaltError, attempts_spent
from importer.errors import InDoubtError, Refusal, RefusedError, RetryableError
from importer.targets import Describes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from importer.delivery.lanes import Lanes
    from importer.delivery.turns import Turns
    from importer.line import Line
    from importer.model import ApiRequest, ApiResponse, Credentials, Limits
    from importer.targets import Target, Verifies

_T = TypeVar("_T")


class Questions:
    """Asks within the pace and the attempts of the connection; several lanes may."""

    def __init__(
        self, *, line: Line, credentials: Credentials, limits: Limits, lanes: Lanes, turns: Turns
    ) -> None:
        self._line = line
        self._credentials = credentials
        self._limits = limits
        self._lanes = lanes
        self._turns = turns

    def ask(self, request: ApiRequest, read: Callable[[ApiResponse], _T]) -> _T:
        """Make a call that only reads, until it is answered; it may be repeated at will.

        Raises HaltError when the attempts are spent, the account refuses such calls, or a stop is
        requested.
        """
        pause = 0.0
        failure: Exception | None = None
        for attempt in range(1, self._limits.attempts + 1):
            turn = self._turns.turn(pause, request.scope)
            self._turns.slot(turn)
            try:
                return read(self._line.send(turn, request))
            except RetryableError as error:
                failure = error
                pause = self._turns.pause_after(error, attempt, request.scope)
            except InDoubtError as error:
                failure, pause = error, self._turns.jittered(attempt)
            except RefusedError as error:
                raise HaltError(EndReason.ACCOUNT_REFUSED, str(error)) from error
            finally:
                self._lanes.pass_slot_on()
        raise attempts_spent(self._limits.attempts, failure)

    def look_up(
        self, target: Verifies, key: Sequence[str]
    ) -> Mapping[str, str] | RefusedError | None:
        """Ask what is stored of a contact; None: it is not there.

        A refusal that is not of the account concerns this contact alone, and is given. Raises
        HaltError as ``ask`` does.
        """
        request = target.lookup_request(key, self._credentials)
        return self.ask(request, partial(_understood, target, key))

    def account_refusal(self, target: Target) -> RefusedError | None:
        """Ask for the account's fields, to learn whether the account itself is refused.

        None: it is not, or the platform cannot say.
        """
        if not isinstance(target, Describes):
            return None
        request = target.describe_request(self._credentials, ())
        if request is None:
            return None
        turn = self._turns.turn(0.0, request.scope)
        self._turns.slot(turn)
        try:
            target.read_description([self._line.send(turn, request)])
        except RefusedError as error:
            return error if error.scope is Refusal.ACCOUNT else None
        except (RetryableError, InDoubtError):
            return None
        finally:
            self._lanes.pass_slot_on()
        return None


def _understood(
    target: Verifies, key: Sequence[str], response: ApiResponse
) -> Mapping[str, str] | RefusedError | None:
    try:
        return target.read_lookup(key, response)
    except RefusedError as error:
        if error.scope is Refusal.ACCOUNT:
            raise
        return error
