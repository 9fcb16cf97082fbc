"""The jobs of casework; importing their modules registers them."""

from concord.casework.desk import escalating, handing_over, rewording, silence, uploads, warning

__all__ = ["escalating", "handing_over", "rewording", "silence", "uploads", "warning"]
