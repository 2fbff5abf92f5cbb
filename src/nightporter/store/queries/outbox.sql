-- outbox_add: a message that must go out; already claimed when a free sender takes it at once (SD1). Within a
-- conversation no two are made at one moment, so `created_ms` is the order of the turns and of a turn's parts
INSERT INTO outbox (outbox_id, channel, number, conversation_id, to_phone, to_id, content, quote, origin, covers,
  discloses, state, attempts, created_ms, due_ms, expires_ms, changed_ms, epoch)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
  max(?14, coalesce((SELECT max(created_ms) + 1 FROM outbox WHERE conversation_id = ?4), 0)), ?15, ?16, ?17, ?18);

-- outbox_claim: only one may send it
UPDATE outbox SET state = 'sending', attempts = attempts + 1, epoch = ?, changed_ms = ?
WHERE outbox_id = ? AND state = 'waiting';

-- outbox_due: what may go out now, oldest first; a conversation's later message waits for its earlier one, unless that
-- one waits for another day
SELECT o.outbox_id, o.channel, o.number, o.conversation_id, o.to_phone, o.to_id, o.content, o.quote, o.state,
  o.attempts, o.expires_ms, o.origin FROM outbox o
WHERE o.channel = ?1 AND o.state = 'waiting' AND o.due_ms <= ?2 AND o.origin <> 'emergency'
  AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id
    AND (e.created_ms, e.outbox_id) < (o.created_ms, o.outbox_id)
    AND e.state IN ('waiting', 'sending') AND e.created_ms >= o.created_ms - 86400000 AND e.due_ms < ?2 + 3600000)
ORDER BY o.due_ms, o.outbox_id LIMIT ?3;

-- outbox_urgent: the same of emergencies; they wait for nothing but the emergency before
SELECT o.outbox_id, o.channel, o.number, o.conversation_id, o.to_phone, o.to_id, o.content, o.quote, o.state,
  o.attempts, o.expires_ms, o.origin FROM outbox o
WHERE o.channel = ? AND o.state = 'waiting' AND o.due_ms <= ? AND o.origin = 'emergency'
  AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.conversation_id = o.conversation_id
    AND (e.created_ms, e.outbox_id) < (o.created_ms, o.outbox_id) AND e.created_ms >= o.created_ms - 86400000
    AND e.origin = 'emergency' AND e.state IN ('waiting', 'sending'))
ORDER BY o.due_ms LIMIT ?;

-- outbox_next: when to look again
SELECT min(due_ms) FROM outbox WHERE channel = ? AND state = 'waiting';

-- outbox_get: one message
SELECT outbox_id, channel, number, conversation_id, to_phone, to_id, content, quote, state, attempts, expires_ms,
  origin, discloses, provider_id, covers, error_code, error, created_ms, changed_ms, due_ms, epoch
FROM outbox WHERE outbox_id = ?;

-- outbox_state: how far it is, and whether the disclosure is in it
SELECT state, provider_id, conversation_id, discloses, attempts FROM outbox WHERE outbox_id = ?;

-- outbox_unsettled_to: is an outgoing message that we are told of one of ours?
SELECT outbox_id, content FROM outbox WHERE state IN ('sending', 'unknown', 'maybe_sent') AND to_phone = ?
  AND state IN ('waiting', 'sending', 'unknown', 'maybe_sent', 'dead', 'failed');

-- outbox_by_provider: whose status is it?
SELECT outbox_id FROM outbox WHERE provider_id = ? AND provider_id <> '';

-- outbox_move_state: the one statement that changes a state
UPDATE outbox SET state = ?, changed_ms = ?, due_ms = ?, error_code = ?, error = ? WHERE outbox_id = ? AND state = ?;

-- outbox_sent: the provider took it, and nothing came between claim and answer
UPDATE outbox SET provider_id = ?1, state = 'sent', changed_ms = ?2, due_ms = ?2, error_code = '', error = ''
WHERE outbox_id = ?3 AND state = 'sending' AND provider_id = '';

-- outbox_accepted: the provider's own id of it
UPDATE outbox SET provider_id = ? WHERE outbox_id = ? AND provider_id = '';

-- outbox_claimed_before: claims of an earlier epoch may or may not have been sent
SELECT outbox_id, attempts FROM outbox WHERE state = 'sending' AND epoch < ?
  AND state IN ('waiting', 'sending', 'unknown', 'maybe_sent', 'dead', 'failed') ORDER BY outbox_id LIMIT ?;

-- outbox_in_state: unsettled ones, dead letters
SELECT outbox_id, conversation_id, changed_ms, channel FROM outbox WHERE state = ? AND outbox_id > ?
  AND state IN ('waiting', 'sending', 'unknown', 'maybe_sent', 'dead', 'failed') ORDER BY outbox_id LIMIT ?;

-- outbox_list: for the command line
SELECT outbox_id, channel, to_phone, to_id, state, covers, attempts, created_ms, changed_ms, error_code, error,
  conversation_id FROM outbox WHERE (?1 = '' OR state = ?1) AND outbox_id > ?2 ORDER BY outbox_id LIMIT ?3;

-- outbox_counts: for the status
SELECT state, count(*) FROM outbox WHERE state IN ('waiting', 'sending', 'unknown', 'maybe_sent', 'dead', 'failed')
GROUP BY state;

-- outbox_oldest: age of the oldest unsent one
SELECT channel, min(created_ms) FROM outbox WHERE state = 'waiting' GROUP BY channel;

-- outbox_conversation: what a person reads, newest first
SELECT outbox_id, content, state, origin, created_ms, changed_ms, quote, error_code, error, provider_id, discloses
FROM outbox WHERE conversation_id = ? AND created_ms < ? ORDER BY created_ms DESC, outbox_id DESC LIMIT ?;

-- outbox_said: the text that a quote or a tap refers to
SELECT content FROM outbox WHERE provider_id = ? AND provider_id <> '';

-- attempt_add: one claim, one attempt
INSERT INTO attempts (outbox_id, attempt, epoch, claimed_ms) VALUES (?, ?, ?, ?);

-- attempt_end: what became of it
UPDATE attempts SET ended_ms = ?, outcome = ?, detail = ? WHERE outbox_id = ? AND attempt = ? AND ended_ms IS NULL;

-- attempts_of: a message's history
SELECT attempt, epoch, claimed_ms, ended_ms, outcome, detail FROM attempts WHERE outbox_id = ? ORDER BY attempt;

-- status_add: each status once
INSERT OR IGNORE INTO statuses (outbox_id, provider_id, kind, at_ms, channel, error_code, error, billable, category)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- statuses_parked: they came before our own write of the provider's id
SELECT kind, at_ms, error_code, error FROM statuses WHERE outbox_id = '' AND provider_id = ?;

-- statuses_unpark: now we know whose they are
UPDATE OR IGNORE statuses SET outbox_id = ? WHERE outbox_id = '' AND provider_id = ?;

-- statuses_of: a message's ticks
SELECT kind, at_ms, error_code, error FROM statuses WHERE outbox_id = ? ORDER BY at_ms, kind;

-- statuses_known: has anybody answered under this id? (SD4)
SELECT 1 FROM statuses WHERE outbox_id = ? LIMIT 1;

-- task_add: once by its key
INSERT OR IGNORE INTO tasks (task_id, task_key, conversation_id, department, reason, topic, summary, details, draft,
  urgency, state, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?);

-- task_by_key: the one that was made before
SELECT task_id FROM tasks WHERE task_key = ?;

-- task_done: a person did it
UPDATE tasks SET state = 'done', done_ms = ?, done_by = ? WHERE task_id = ? AND state = 'open';

-- tasks_end: what they told of is over, so nobody needs to look any more; by the beginning of their keys
UPDATE tasks SET state = 'done', done_ms = ?, done_by = ? WHERE task_key >= ? AND task_key < ? AND state = 'open';

-- tasks_begin: is one of them open?
SELECT task_id FROM tasks WHERE task_key >= ? AND task_key < ? AND state = 'open' LIMIT 1;

-- tasks_open: what staff have to do, oldest first
SELECT task_id, conversation_id, department, reason, topic, summary, details, draft, urgency, state, created_ms,
  done_ms, done_by FROM tasks WHERE state = 'open' ORDER BY created_ms LIMIT ?;

-- tasks_of: a conversation's tasks
SELECT task_id, conversation_id, department, reason, topic, summary, details, draft, urgency, state, created_ms,
  done_ms, done_by FROM tasks WHERE conversation_id = ? ORDER BY created_ms LIMIT ?;

-- task_get: one task
SELECT task_id, conversation_id, department, reason, topic, summary, details, draft, urgency, state, created_ms,
  done_ms, done_by FROM tasks WHERE task_id = ?;

-- tasks_drafted: answers of the machine that wait for a person's word, oldest first
SELECT task_id, conversation_id, department, reason, topic, summary, details, draft, urgency, state, created_ms,
  done_ms, done_by FROM tasks
WHERE state = 'open' AND draft <> '' AND conversation_id IS NOT NULL ORDER BY created_ms LIMIT ?;

-- tasks_drafted_count: how many, for the head of every page
SELECT count(*) FROM tasks INDEXED BY tasks_open WHERE state = 'open' AND draft <> '' AND conversation_id IS NOT NULL;

-- task_undraft: nobody wants to say that; the task stays
UPDATE tasks SET draft = '' WHERE task_id = ? AND state = 'open' AND draft <> '';

-- tasks_count: for the status
SELECT count(*), min(created_ms) FROM tasks WHERE state = 'open';

-- channel_state: does sending stop? While the reason is '' it goes, since then
SELECT stopped_since_ms, reason FROM channel_states WHERE channel = ?;

-- channel_stop: the provider takes nothing; once, and not for what it said before the last stop was lifted
INSERT INTO channel_states (channel, stopped_since_ms, reason) VALUES (?, ?, ?)
ON CONFLICT (channel) DO UPDATE SET stopped_since_ms = excluded.stopped_since_ms, reason = excluded.reason
  WHERE channel_states.reason = '' AND channel_states.stopped_since_ms <= ?;

-- channel_go: the stop is lifted
UPDATE channel_states SET stopped_since_ms = ?, reason = '' WHERE channel = ?;

-- tasks_unanswered: what guests asked and the file had no answer for, newest first; keys begin with the time
SELECT task_id, conversation_id, reason, topic, summary, created_ms FROM tasks
  WHERE task_id > ? AND reason IN ('not_in_file', 'unsure', 'not_understood') ORDER BY task_id DESC LIMIT ?;
