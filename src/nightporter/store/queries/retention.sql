-- bodies_old: raw bytes have done their work; what intake has not read yet stays
DELETE FROM bodies WHERE delivery_id IN (SELECT b.delivery_id FROM bodies b
  JOIN deliveries d ON d.delivery_id = b.delivery_id WHERE b.delivery_id < ? AND d.state <> 'new'
  ORDER BY b.delivery_id LIMIT 500);

-- deliveries_old: read long ago, and their bytes are gone
DELETE FROM deliveries WHERE delivery_id IN (SELECT d.delivery_id FROM deliveries d WHERE d.delivery_id < ?
  AND d.state = 'read' AND NOT EXISTS (SELECT 1 FROM bodies b WHERE b.delivery_id = d.delivery_id)
  ORDER BY d.delivery_id LIMIT 500);

-- attempts_old: how each send went, long after it is settled
DELETE FROM attempts WHERE (outbox_id, attempt) IN (SELECT a.outbox_id, a.attempt FROM attempts a
  JOIN outbox o ON o.outbox_id = a.outbox_id WHERE a.outbox_id < ?
  AND o.state IN ('sent', 'delivered', 'read', 'failed') ORDER BY a.outbox_id LIMIT 500);

-- statuses_old: the state itself stays in the outbox
DELETE FROM statuses WHERE (outbox_id, provider_id, kind) IN (SELECT outbox_id, provider_id, kind FROM statuses
  WHERE outbox_id > '' AND outbox_id < ? ORDER BY outbox_id LIMIT 500);

-- statuses_parked_old: nobody here has ever sent what they speak of
DELETE FROM statuses WHERE (outbox_id, provider_id, kind) IN (SELECT outbox_id, provider_id, kind FROM statuses
  WHERE outbox_id = '' AND at_ms < ? ORDER BY provider_id, kind LIMIT 500);

-- event_steps_old: the timeline of events that are done
DELETE FROM event_steps WHERE (event_id, step) IN (SELECT s.event_id, s.step FROM events e
  JOIN event_steps s ON s.event_id = e.event_id
  WHERE e.accepted_ms < ? AND e.state = 'delivered' ORDER BY e.accepted_ms LIMIT 500);

-- audit_old: who changed what
DELETE FROM audit WHERE audit_id IN (SELECT audit_id FROM audit WHERE audit_id < ? ORDER BY audit_id LIMIT 500);

-- tasks_old: done long ago
DELETE FROM tasks WHERE task_id IN (SELECT task_id FROM tasks WHERE task_id < ? AND state = 'done'
  ORDER BY task_id LIMIT 500);

-- told_old: who was told of a task of long ago
DELETE FROM told WHERE task_id IN (SELECT task_id FROM told WHERE task_id < ? ORDER BY task_id LIMIT 500);

-- tellings_old: messages to staff
DELETE FROM tellings WHERE telling_id IN (SELECT telling_id FROM tellings WHERE telling_id < ? AND state <> 'waiting'
  ORDER BY telling_id LIMIT 500);

-- notes_old: what colleagues noted of a guest long ago
DELETE FROM notes WHERE note_id IN (SELECT note_id FROM notes WHERE note_id < ? ORDER BY note_id LIMIT 500);
