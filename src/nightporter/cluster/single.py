"""The lease of a node that is alone: no witness and no deadline, but an epoch that only rises (LS1)."""

from __future__ import annotations

from nightporter.model.lease import Lease
from nightporter.store import Store

EPOCH = "epoch"


async def take(store: Store, node: str) -> Lease:
    """A new epoch, above everything that hotel.db or node.db has seen (a restored file too); written to both."""
    row = store.view.one("meta_get", (EPOCH,))
    epoch = max(int(row[0]) if row else 0, int(store.node.get(EPOCH, "0"))) + 1
    store.node.put(EPOCH, str(epoch))
    lease = Lease(node, epoch)
    await store.write(lease, lambda tx: tx.run("meta_put", (EPOCH, str(epoch))))
    return lease
