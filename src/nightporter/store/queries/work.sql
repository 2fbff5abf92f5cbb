-- ready_answers_all: for the page, and to pick one while writing
SELECT answer_key, language, name, body, changed_ms, changed_by FROM ready_answers ORDER BY answer_key, language;

-- ready_answer_get: the one that was picked
SELECT answer_key, language, name, body, changed_ms, changed_by FROM ready_answers
WHERE answer_key = ? AND language = ?;

-- ready_answers_count: there is a limit
SELECT count(*) FROM ready_answers;

-- ready_answer_put: new, or in place of the one with this name and language
INSERT INTO ready_answers (answer_key, language, name, body, changed_ms, changed_by) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (answer_key, language) DO UPDATE SET name = excluded.name, body = excluded.body,
  changed_ms = excluded.changed_ms, changed_by = excluded.changed_by;

-- ready_answer_drop: nobody needs it any more
DELETE FROM ready_answers WHERE answer_key = ? AND language = ?;

-- note_add: for colleagues
INSERT INTO notes (note_id, guest_id, author, body, at_ms) VALUES (?, ?, ?, ?, ?);

-- notes_guest: what stands in the guest's conversations, newest first
SELECT note_id, author, body, at_ms FROM notes WHERE guest_id = ? AND at_ms < ? ORDER BY at_ms DESC LIMIT ?;

-- note_get: whose it is
SELECT note_id, author, body, at_ms FROM notes WHERE note_id = ? AND guest_id = ?;

-- note_drop: its author, or an owner, took it away
DELETE FROM notes WHERE note_id = ?;

-- notes_move: merging guests
UPDATE notes SET guest_id = ? WHERE guest_id = ?;

-- label_add: a word on a guest; one that is there stays as it is
INSERT OR IGNORE INTO labels (guest_id, label_key, label, added_by, added_ms) VALUES (?, ?, ?, ?, ?);

-- labels_guest: the words on a guest
SELECT label_key, label FROM labels WHERE guest_id = ? ORDER BY label_key;

-- label_drop: it is not so any more
DELETE FROM labels WHERE guest_id = ? AND label_key = ?;

-- labels_used: words to suggest and to filter by, the most used first
SELECT label_key, min(label), count(*) AS guests FROM labels GROUP BY label_key ORDER BY guests DESC, label_key LIMIT ?;

-- labels_move: merging guests
UPDATE OR IGNORE labels SET guest_id = ? WHERE guest_id = ?;

-- labels_drop: what the move left because the kept guest has it too
DELETE FROM labels WHERE guest_id = ?;

-- conversations_labelled: for the inbox, of guests with one word
SELECT c.conversation_id, c.guest_id, g.name, g.language, c.channel, c.number, c.held_by, c.held_until_ms,
  c.last_guest_ms, c.last_staff_ms, c.last_answer_ms, c.last_activity_ms
FROM labels l JOIN conversations c ON c.guest_id = l.guest_id JOIN guests g ON g.guest_id = c.guest_id
WHERE l.label_key = ? AND c.last_activity_ms < ? ORDER BY c.last_activity_ms DESC LIMIT ?;

-- label_spelt: how a word that is in use is written
SELECT label FROM labels WHERE label_key = ? LIMIT 1;

-- templates_all: the account's, for the page and below a conversation whose window is over
SELECT name, language, provider_id, category, state, reason, quality, body, parameters, named, plain, since_ms
FROM templates WHERE channel = ? ORDER BY name, language;

-- template_get: the one that staff chose, or a webhook speaks of
SELECT name, language, provider_id, category, state, reason, quality, body, parameters, named, plain, since_ms
FROM templates WHERE channel = ? AND name = ? AND language = ?;

-- template_put: as the provider tells it now
INSERT INTO templates (channel, name, language, provider_id, category, state, reason, quality, body, parameters, named,
  plain, since_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (channel, name, language) DO UPDATE SET provider_id = excluded.provider_id, category = excluded.category,
  state = excluded.state, reason = excluded.reason, quality = excluded.quality, body = excluded.body,
  parameters = excluded.parameters, named = excluded.named, plain = excluded.plain, since_ms = excluded.since_ms;

-- template_drop: the provider has it no more
DELETE FROM templates WHERE channel = ? AND name = ? AND language = ?;

-- template_read_get: how the last readings went
SELECT read_ms, tried_ms, error FROM template_reads WHERE channel = ?;

-- template_read_put: one more reading
INSERT INTO template_reads (channel, read_ms, tried_ms, error) VALUES (?, ?, ?, ?)
ON CONFLICT (channel) DO UPDATE SET read_ms = excluded.read_ms, tried_ms = excluded.tried_ms, error = excluded.error;

-- template_read_due: a webhook spoke of something that is not known yet: read them soon
UPDATE template_reads SET tried_ms = 1 WHERE channel = ?;
