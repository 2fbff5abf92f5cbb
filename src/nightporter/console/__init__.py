"""The staff's pages: inbox, conversations, the state of the house. Server-rendered, behind accounts."""

from nightporter.console.application import application, bring_owner
from nightporter.console.login import Start
from nightporter.console.parts import Parts
from nightporter.console.passwords import new_password

__all__ = ["Parts", "Start", "application", "bring_owner", "new_password"]
