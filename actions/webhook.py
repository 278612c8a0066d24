"""Hosts rasa-sdk's ActionExecutor in our own application: Rasa calls back here for every custom action."""

import hmac
import logging
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from actions.base import ServiceAction
from actions.forms import ServiceForm
from actions.services import Services
from actions.turn import NoTurnError, TurnOf

logger = logging.getLogger(__name__)


def make_router(executor_of: Callable[[str], ActionExecutor], services: Services, token: str) -> APIRouter:
    """``POST /rasa/actions/<release>`` with a bearer token, in the wire format of an action server.

    ``executor_of`` has the actions of each release; without a name, of the one that serves everybody.  400 is a
    rejected action, 401 a wrong token, 404 an unknown action, 409 a turn that is no longer owed an answer and must not
    act.
    """
    router = APIRouter(prefix="/rasa", include_in_schema=False)

    @router.post("/actions", response_model=None)
    @router.post("/actions/{release}", response_model=None)
    async def run_action(
        call: dict[str, Any], release: str = "", authorization: Annotated[str, Header()] = ""
    ) -> JSONResponse:
        name = str(call.get("next_action") or "")
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            return _refused(401, name, "the token is wrong")
        try:
            if not await _is_open(services, call):
                return _refused(409, name, "the turn has been answered already")
            result = await executor_of(release).run({"domain": {}} | call)
        except ActionExecutionRejection as rejected:
            return _refused(400, name, rejected.message)
        except ActionNotFoundException as unknown:
            return _refused(404, name, unknown.message)
        except NoTurnError as error:
            return _refused(409, name, str(error))
        return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})

    return router


def make_executor(actions: Iterable[ServiceAction | ServiceForm]) -> ActionExecutor:
    """Every action, registered under its name."""
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action)
    return executor


async def _is_open(services: Services, call: dict[str, Any]) -> bool:
    turn = TurnOf.of(Tracker.from_dict(call["tracker"]))
    return await services.conversations.is_open(turn.id)


def _refused(status: int, action: str, why: str) -> JSONResponse:
    logger.info("action %s refused: %s", action, why)
    return JSONResponse({"error": why, "action_name": action}, status_code=status)
