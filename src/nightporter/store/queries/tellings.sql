-- tasks_and_told: every open task with how far telling people of it has come, and whether staff are at its conversation
SELECT t.task_id, t.department, t.reason, t.urgency, t.conversation_id, t.details, t.created_ms, t.state,
  coalesce(d.times, 0), coalesce(d.contacts, '{}'), coalesce(d.next_ms, 0), coalesce(d.taken_ms, 0),
  coalesce(d.acknowledged, 0), coalesce(c.last_staff_ms, 0), coalesce(c.held_until_ms, 0)
FROM tasks t LEFT JOIN told d ON d.task_id = t.task_id
  LEFT JOIN conversations c ON c.conversation_id = t.conversation_id
WHERE t.state = 'open' ORDER BY t.created_ms LIMIT ?;

-- tasks_ended: done by now, and those who were told of them have not heard it
SELECT t.task_id, t.department, t.reason, t.urgency, t.conversation_id, t.details, t.created_ms, t.state,
  d.times, d.contacts, d.next_ms, d.taken_ms, d.acknowledged, 0, 0
FROM told d INDEXED BY told_open JOIN tasks t ON t.task_id = d.task_id
WHERE d.closed = 0 AND t.state = 'done' ORDER BY d.task_id LIMIT ?;

-- task_told: one task, as above
SELECT t.task_id, t.department, t.reason, t.urgency, t.conversation_id, t.details, t.created_ms, t.state,
  coalesce(d.times, 0), coalesce(d.contacts, '{}'), coalesce(d.next_ms, 0), coalesce(d.taken_ms, 0),
  coalesce(d.acknowledged, 0), 0, 0
FROM tasks t LEFT JOIN told d ON d.task_id = t.task_id WHERE t.task_id = ?;

-- told_put: who was told how often, and when again
INSERT INTO told (task_id, times, contacts, next_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (task_id) DO UPDATE SET times = excluded.times, contacts = excluded.contacts, next_ms = excluded.next_ms;

-- told_taken: somebody has acknowledged it; the first one counts
INSERT INTO told (task_id, times, contacts, next_ms, taken_ms, taken_by) VALUES (?1, 0, '{}', 0, ?2, ?3)
ON CONFLICT (task_id) DO UPDATE SET next_ms = 0, taken_ms = excluded.taken_ms, taken_by = excluded.taken_by
WHERE taken_ms = 0;

-- told_acknowledged: those who page have heard that it was taken
UPDATE told SET acknowledged = 1 WHERE task_id = ?;

-- told_close: nothing more is told of it
UPDATE told SET closed = 1, next_ms = 0 WHERE task_id = ?;

-- telling_add: a message that must leave the house
INSERT INTO tellings (telling_id, way, contact, step, tasks, state, due_ms) VALUES (?, ?, ?, ?, ?, 'waiting', ?);

-- tellings_due: what is to be told now, oldest first
SELECT telling_id, way, contact, step, tasks, attempts FROM tellings WHERE state = 'waiting' AND due_ms <= ?
ORDER BY due_ms, telling_id LIMIT ?;

-- telling_move: what became of one try
UPDATE tellings SET state = ?, attempts = attempts + ?, due_ms = ?, error = ? WHERE telling_id = ? AND state = 'waiting';

-- tellings_of_state: for the metrics and for tests
SELECT telling_id, way, contact, step, tasks, attempts, error FROM tellings WHERE telling_id > ? AND state = ?
ORDER BY telling_id LIMIT ?;

-- tasks_emergency: emergencies that are not done, with whether somebody looks after them
SELECT t.task_id, t.department, t.reason, t.urgency, t.conversation_id, t.details, t.created_ms, t.state,
  coalesce(d.times, 0), coalesce(d.contacts, '{}'), coalesce(d.next_ms, 0), coalesce(d.taken_ms, 0),
  coalesce(d.acknowledged, 0), coalesce(c.last_staff_ms, 0), coalesce(c.held_until_ms, 0)
FROM tasks t INDEXED BY tasks_open LEFT JOIN told d ON d.task_id = t.task_id
  LEFT JOIN conversations c ON c.conversation_id = t.conversation_id
WHERE t.state = 'open' AND t.urgency = 'emergency' ORDER BY t.created_ms LIMIT ?;

-- telling_get: whom a link was sent to, and about what
SELECT contact, tasks FROM tellings WHERE telling_id = ?;
