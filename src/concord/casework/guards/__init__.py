"""The guards of the procedures in force, a module per area; ``rules.guards`` lists their names and what they mean."""

from importlib import import_module
from pkgutil import iter_modules

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
