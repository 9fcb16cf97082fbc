"""The jobs of casework; importing their modules registers them."""

from concord.casework.desk.escalating import escalate
from concord.casework.desk.warning import warn

__all__ = ["escalate", "warn"]
