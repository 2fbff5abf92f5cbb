-- entry_newest: how old is what the file knows? Keys begin with the provider's time
SELECT (SELECT received_ms FROM entries ORDER BY entry_id DESC LIMIT 1);

-- media_all_kept: every file of a guest that belongs to hotel.db
SELECT sha256, size FROM media WHERE state = 'kept' AND sha256 <> '' GROUP BY sha256;

-- entries_in_doubt: what was unanswered when the copy was made may have been answered since
UPDATE entries SET elsewhere = 1 WHERE kind = 'message' AND disposition IS NULL AND elsewhere = 0;

-- outbox_all_waiting: what was unsent when the copy was made may have been sent since
SELECT outbox_id, attempts FROM outbox WHERE state = 'waiting'
  AND state IN ('waiting', 'sending', 'unknown', 'maybe_sent', 'dead', 'failed') ORDER BY outbox_id;

-- events_all_waiting: what was undelivered when the copy was made may have been delivered since
SELECT event_id, type, attempts FROM events WHERE state = 'waiting' ORDER BY accepted_ms, event_id;
