"""How many walks are walked: few in every run, ten thousand with the profile ``thorough``."""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

THOROUGH = 10_000


def walk(machine: type[RuleBasedStateMachine], *, few: int, steps: int, **shared: Any) -> None:
    """Run a machine; ``shared`` are attributes of its class.  ``HANDOVER_WALKS`` says how many are thorough."""
    is_thorough = settings.get_current_profile_name() == "thorough"
    many = int(os.environ.get("HANDOVER_WALKS", THOROUGH))
    run_state_machine_as_test(
        type("ThisWalk", (machine,), shared),
        settings=settings(
            max_examples=many if is_thorough else few,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=not is_thorough,
        ),
    )
