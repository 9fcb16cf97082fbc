"""The jobs of casework; importing their modules registers them."""

from concord.casework.desk.escalating import escalate
from concord.casework.desk.handing_over import hand_over_ended
from concord.casework.desk.warning import warn

__all__ = ["escalate", "hand_over_ended", "warn"]
