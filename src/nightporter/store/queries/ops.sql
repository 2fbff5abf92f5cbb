-- events_waiting_count: queue depth
SELECT count(*) FROM events WHERE state = 'waiting';

-- dead_letters: what was given up, by channel
SELECT channel, count(*) FROM outbox WHERE state = 'dead'
  AND state IN ('waiting', 'sending', 'unknown', 'maybe_sent', 'dead', 'failed') GROUP BY channel;

-- deliveries_kept: what can be read again, in order of arrival
SELECT d.delivery_id, d.entries FROM deliveries d WHERE d.delivery_id > ? AND d.state <> 'new'
  AND EXISTS (SELECT 1 FROM bodies b WHERE b.delivery_id = d.delivery_id) ORDER BY d.delivery_id LIMIT ?;

-- deliveries_kept_odd: what could not be read, or not all of it
SELECT d.delivery_id, d.entries FROM deliveries d WHERE d.delivery_id > ? AND d.state = 'odd'
  AND EXISTS (SELECT 1 FROM bodies b WHERE b.delivery_id = d.delivery_id) ORDER BY d.delivery_id LIMIT ?;

-- check_quick: are pages and rows whole? For the doctor
PRAGMA quick_check(1);
