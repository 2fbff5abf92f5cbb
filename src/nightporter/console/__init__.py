"""The staff's pages: inbox, conversations, the state of the house. Server-rendered, behind a password."""

from nightporter.console.application import application
from nightporter.console.login import new_password
from nightporter.console.parts import Parts

__all__ = ["Parts", "application", "new_password"]
