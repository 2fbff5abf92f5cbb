"""SQLite, and nothing else that writes: the writer, readers, migrations, the log, and all SQL."""

from nightporter.store.stepping import Stepping, ThreadStepping
from nightporter.store.store import Store
from nightporter.store.trouble import Trouble
from nightporter.store.tx import Row, Tx, View

__all__ = ["Row", "Stepping", "Store", "ThreadStepping", "Trouble", "Tx", "View"]
