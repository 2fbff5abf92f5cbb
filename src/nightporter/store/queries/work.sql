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

-- search_bound: how far back one slice of a search goes, and how many rows that are
SELECT min(entry_id), count(*) FROM (SELECT entry_id FROM entries WHERE entry_id < ? ORDER BY entry_id DESC LIMIT ?);

-- search_heard: messages to us in a slice; first what may hold the words, then without accents what does
SELECT * FROM (SELECT entry_id, conversation_id, at_ms, kind, payload,
  replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(payload ->> '$.message.text'
   , 'à', 'a'), 'á', 'a'), 'â', 'a'), 'ä', 'a'), 'è', 'e'), 'é', 'e'), 'ê', 'e'), 'ë', 'e'), 'ì', 'i')
   , 'í', 'i'), 'î', 'i'), 'ï', 'i'), 'ò', 'o'), 'ó', 'o'), 'ô', 'o'), 'ö', 'o'), 'ù', 'u'), 'ú', 'u')
   , 'û', 'u'), 'ü', 'u'), 'ç', 'c'), 'ñ', 'n'), 'ß', 'ss'), 'œ', 'oe'), 'À', 'a'), 'Á', 'a'), 'Ä', 'a')
   , 'È', 'e'), 'É', 'e'), 'Ê', 'e'), 'Í', 'i'), 'Ó', 'o'), 'Ö', 'o'), 'Ú', 'u'), 'Ü', 'u'), 'Ç', 'c')
   , 'Ñ', 'n') AS folded
FROM entries WHERE entry_id < ?1 AND entry_id >= ?2 AND conversation_id IS NOT NULL
  AND kind IN ('message', 'echo') AND ((payload LIKE ?3 AND payload LIKE ?4 AND payload LIKE ?5)
  OR (octet_length(payload) > length(payload) AND payload LIKE ?6 AND payload LIKE ?7 AND payload LIKE ?8)))
WHERE folded LIKE ?3 AND folded LIKE ?4 AND folded LIKE ?5 ORDER BY entry_id DESC LIMIT ?9;

-- search_said: the same of ours
SELECT * FROM (SELECT outbox_id, conversation_id, created_ms, origin, content,
  replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
  replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(content ->> '$.text'
   , 'à', 'a'), 'á', 'a'), 'â', 'a'), 'ä', 'a'), 'è', 'e'), 'é', 'e'), 'ê', 'e'), 'ë', 'e'), 'ì', 'i')
   , 'í', 'i'), 'î', 'i'), 'ï', 'i'), 'ò', 'o'), 'ó', 'o'), 'ô', 'o'), 'ö', 'o'), 'ù', 'u'), 'ú', 'u')
   , 'û', 'u'), 'ü', 'u'), 'ç', 'c'), 'ñ', 'n'), 'ß', 'ss'), 'œ', 'oe'), 'À', 'a'), 'Á', 'a'), 'Ä', 'a')
   , 'È', 'e'), 'É', 'e'), 'Ê', 'e'), 'Í', 'i'), 'Ó', 'o'), 'Ö', 'o'), 'Ú', 'u'), 'Ü', 'u'), 'Ç', 'c')
   , 'Ñ', 'n') AS folded
FROM outbox WHERE outbox_id < ?1 AND outbox_id >= ?2
  AND ((content LIKE ?3 AND content LIKE ?4 AND content LIKE ?5)
  OR (octet_length(content) > length(content) AND content LIKE ?6 AND content LIKE ?7 AND content LIKE ?8)))
WHERE folded LIKE ?3 AND folded LIKE ?4 AND folded LIKE ?5 ORDER BY outbox_id DESC LIMIT ?9;

-- search_names: guests whose name may hold the words, the newest first
SELECT guest_id, name FROM guests
WHERE (name LIKE ?1 AND name LIKE ?2 AND name LIKE ?3)
  OR (octet_length(name) > length(name) AND name LIKE ?4 AND name LIKE ?5 AND name LIKE ?6)
ORDER BY guest_id DESC LIMIT ?7;

-- search_phones: guests by the last digits
SELECT guest_id FROM identities WHERE identity LIKE 'phone:%' || ?1 ORDER BY guest_id DESC LIMIT ?2;

-- search_codes: guests by booking code, as typed, in capitals, or without
SELECT m.guest_id FROM stays s JOIN stay_guests m ON m.stay_id = s.stay_id
WHERE s.code IN (?1, ?2, ?3) ORDER BY s.arrival DESC LIMIT ?4;

-- search_rooms: who lives in a room today
SELECT m.guest_id FROM stays s JOIN stay_guests m ON m.stay_id = s.stay_id
WHERE s.arrival >= ?1 AND s.arrival <= ?2 AND s.departure >= ?2 AND s.room = ?3 AND s.state = 'booked'
ORDER BY s.arrival DESC LIMIT ?4;
