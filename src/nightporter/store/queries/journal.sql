-- delivery_add: the door keeps what arrived
INSERT INTO deliveries (delivery_id, channel, received_ms, state, entries) VALUES (?, ?, ?, ?, ?);

-- body_add: the raw bytes, apart from state
INSERT INTO bodies (delivery_id, dictionary_id, body) VALUES (?, ?, ?);

-- deliveries_new: what intake has not read yet, in order of arrival
SELECT d.delivery_id, d.channel, d.received_ms, b.dictionary_id, b.body
FROM deliveries d JOIN bodies b ON b.delivery_id = d.delivery_id
WHERE d.state = 'new' AND d.delivery_id > ? ORDER BY d.delivery_id LIMIT ?;

-- deliveries_new_count: queue depth
SELECT count(*) FROM deliveries WHERE state = 'new';

-- delivery_done: read, with how many entries it had
UPDATE deliveries SET state = ?, entries = ? WHERE delivery_id = ?;

-- delivery_get: one delivery with its bytes, to parse it again
SELECT d.delivery_id, d.channel, d.received_ms, b.dictionary_id, b.body
FROM deliveries d JOIN bodies b ON b.delivery_id = d.delivery_id WHERE d.delivery_id = ?;

-- deliveries_since: for parsing again a stretch of time
SELECT d.delivery_id, d.channel, d.received_ms, b.dictionary_id, b.body
FROM deliveries d JOIN bodies b ON b.delivery_id = d.delivery_id
WHERE d.delivery_id > ? ORDER BY d.delivery_id LIMIT ?;

-- delivery_last: how long ago something came in
SELECT received_ms FROM deliveries ORDER BY delivery_id DESC LIMIT 1;

-- entry_add: each thing once, by the unique index alone (IN3)
INSERT OR IGNORE INTO entries (entry_id, dedupe, kind, channel, number, ours, provider_id, conversation_id, at_ms,
  received_ms, delivery_id, ordinal, payload, elsewhere)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- entries_pending: the uncovered run of one conversation, in order (G3)
SELECT entry_id, at_ms, received_ms, provider_id, payload, ours, elsewhere FROM entries
WHERE conversation_id = ? AND kind = 'message' AND disposition IS NULL
ORDER BY at_ms, delivery_id, ordinal LIMIT ?;

-- conversations_pending: whom we owe something, after a start
SELECT DISTINCT conversation_id FROM entries INDEXED BY entries_pending
WHERE kind = 'message' AND disposition IS NULL AND conversation_id IS NOT NULL;

-- entries_pending_count: queue depth
SELECT count(*) FROM entries WHERE kind = 'message' AND disposition IS NULL;

-- entry_dispose: exactly one disposition, never changed
UPDATE entries SET disposition = ?, reason = ?, reference = ?, disposed_ms = ?, trace = ?
WHERE entry_id = ? AND disposition IS NULL;

-- disposed_add: one more message ended so
INSERT INTO disposed (disposition, messages) VALUES (?, 1)
ON CONFLICT (disposition) DO UPDATE SET messages = messages + 1;

-- disposed_all: how all messages ended, for the status
SELECT disposition, messages FROM disposed ORDER BY disposition;

-- entry_find: the message that another one speaks of (edit, revoke, reaction, quote)
SELECT entry_id, conversation_id, payload, disposition FROM entries WHERE dedupe = ?;

-- entry_complete: a repeat brought the file that the first telling lacked
UPDATE entries SET payload = ? WHERE dedupe = ?;

-- entry_payload: what an entry says
SELECT payload FROM entries WHERE entry_id = ?;

-- entries_of_moment: the entry an unknown outbox id was derived from (SD4)
SELECT entry_id, provider_id FROM entries WHERE entry_id >= ? AND entry_id < ?;

-- entry_elsewhere: somebody else has answered it (SD4)
UPDATE entries SET elsewhere = 1 WHERE entry_id = ? AND elsewhere = 0;

-- conversation_changed: something is known of one of its entries that was not before
UPDATE conversations SET version = version + 1
WHERE conversation_id = (SELECT conversation_id FROM entries WHERE entry_id = ?);

-- entries_conversation: what a person reads, newest first
SELECT entry_id, kind, at_ms, received_ms, provider_id, payload, disposition, reason, reference, ours, trace
FROM entries WHERE conversation_id = ? AND at_ms < ? ORDER BY at_ms DESC LIMIT ?;

-- entries_apart: what belongs to no conversation: account news, unknown kinds
SELECT entry_id, kind, channel, number, at_ms, payload FROM entries
WHERE conversation_id IS NULL AND entry_id < ? ORDER BY entry_id DESC LIMIT ?;

-- dispositions_count: the same as `disposed_all`, counted anew
SELECT disposition, count(*) FROM entries WHERE disposition IS NOT NULL GROUP BY disposition;

-- identity_find: who is known by this name
SELECT guest_id FROM identities WHERE identity = ?;

-- identity_add: another name of a guest
INSERT OR IGNORE INTO identities (identity, guest_id, added_ms) VALUES (?, ?, ?);

-- identity_list: how a guest can be written to; the newest first
SELECT identity FROM identities WHERE guest_id = ? ORDER BY added_ms DESC, identity;

-- identity_move: a merged guest's names
UPDATE identities SET guest_id = ? WHERE guest_id = ?;

-- guest_add: first sight
INSERT INTO guests (guest_id, name, language, language_source, created_ms) VALUES (?, ?, ?, ?, ?);

-- guest_get: one guest
SELECT guest_id, name, language, language_source, language_rival, opted_out_ms, told_machine_ms FROM guests
WHERE guest_id = ?;

-- guest_name: the newest profile name
UPDATE guests SET name = ? WHERE guest_id = ? AND name <> ?;

-- guest_learn: what the desk learned of a guest
UPDATE guests SET name = ?, language = ?, language_source = ?, language_rival = ?, opted_out_ms = ? WHERE guest_id = ?;

-- guest_told: the disclosure reached the guest
UPDATE guests SET told_machine_ms = ? WHERE guest_id = ?;

-- guest_opt: the provider's own preference
UPDATE guests SET opted_out_ms = ? WHERE guest_id = ?;

-- guest_drop: merged into another
DELETE FROM guests WHERE guest_id = ?;

-- guests_list: for the command line and the console
SELECT g.guest_id, g.name, g.language, g.opted_out_ms, g.created_ms FROM guests g
WHERE g.guest_id > ? ORDER BY g.guest_id LIMIT ?;

-- guest_line: the same of one
SELECT g.guest_id, g.name, g.language, g.opted_out_ms, g.created_ms FROM guests g WHERE g.guest_id = ?;

-- conversation_find: one guest on one number
SELECT conversation_id FROM conversations WHERE guest_id = ? AND channel = ? AND number = ?;

-- conversation_add: first message
INSERT INTO conversations (conversation_id, guest_id, channel, number) VALUES (?, ?, ?, ?);

-- conversation_get: for a turn
SELECT conversation_id, guest_id, channel, number, version, held_by, held_until_ms, last_guest_ms, last_staff_ms,
  last_answer_ms, memory FROM conversations WHERE conversation_id = ?;

-- turn_get: all that a turn is about, in one go: conversation, guest, names, and whether there is more to ask for
SELECT c.conversation_id, c.guest_id, c.channel, c.number, c.version, c.held_by, c.held_until_ms, c.last_guest_ms,
  c.last_staff_ms, c.last_answer_ms, c.memory, g.guest_id, g.name, g.language, g.language_source, g.language_rival,
  g.opted_out_ms, g.told_machine_ms,
  (SELECT group_concat(i.identity, char(10) ORDER BY i.added_ms DESC, i.identity) FROM identities i
    WHERE i.guest_id = c.guest_id),
  EXISTS (SELECT 1 FROM stay_guests s WHERE s.guest_id = c.guest_id),
  EXISTS (SELECT 1 FROM outbox o WHERE o.conversation_id = c.conversation_id AND o.created_ms > ?2
    AND o.state IN ('waiting', 'sending'))
FROM conversations c JOIN guests g ON g.guest_id = c.guest_id WHERE c.conversation_id = ?1;

-- conversation_version: has anything changed since it was read?
SELECT version FROM conversations WHERE conversation_id = ?;

-- conversation_heard: the guest wrote
UPDATE conversations SET version = version + 1, last_guest_ms = max(last_guest_ms, ?),
  last_activity_ms = max(last_activity_ms, ?) WHERE conversation_id = ?;

-- conversation_staff: staff wrote, and hold it
UPDATE conversations SET version = version + 1, last_staff_ms = max(last_staff_ms, ?), held_by = ?,
  held_until_ms = max(held_until_ms, ?), last_activity_ms = max(last_activity_ms, ?) WHERE conversation_id = ?;

-- conversation_release: the machine may speak again
UPDATE conversations SET version = version + 1, held_by = '', held_until_ms = 0 WHERE conversation_id = ?;

-- conversation_decided: what a decision leaves behind, unless something has changed since it was read
UPDATE conversations SET version = version + 1, memory = ?, last_answer_ms = max(last_answer_ms, ?),
  last_activity_ms = max(last_activity_ms, ?) WHERE conversation_id = ? AND version = ?;

-- conversations_of: all of a guest
SELECT conversation_id, channel, number FROM conversations WHERE guest_id = ? ORDER BY conversation_id;

-- conversations_recent: for the inbox
SELECT c.conversation_id, c.guest_id, g.name, g.language, c.channel, c.number, c.held_by, c.held_until_ms,
  c.last_guest_ms, c.last_staff_ms, c.last_answer_ms, c.last_activity_ms
FROM conversations c JOIN guests g ON g.guest_id = c.guest_id
WHERE c.last_activity_ms < ? ORDER BY c.last_activity_ms DESC LIMIT ?;

-- conversations_page: for other systems, the latest first
SELECT c.conversation_id, c.guest_id, g.name, g.language, c.channel, c.number, c.held_by, c.held_until_ms,
  c.last_guest_ms, c.last_staff_ms, c.last_answer_ms, c.last_activity_ms
FROM conversations c JOIN guests g ON g.guest_id = c.guest_id
WHERE (c.last_activity_ms, c.conversation_id) < (?, ?)
ORDER BY c.last_activity_ms DESC, c.conversation_id DESC LIMIT ?;

-- conversation_line: the same of one
SELECT c.conversation_id, c.guest_id, g.name, g.language, c.channel, c.number, c.held_by, c.held_until_ms,
  c.last_guest_ms, c.last_staff_ms, c.last_answer_ms, c.last_activity_ms
FROM conversations c JOIN guests g ON g.guest_id = c.guest_id WHERE c.conversation_id = ?;

-- conversation_give: merging guests, no other conversation on that number
UPDATE conversations SET guest_id = ?, version = version + 1 WHERE conversation_id = ?;

-- conversation_drop: merged into another
DELETE FROM conversations WHERE conversation_id = ?;

-- entries_move: merging conversations
UPDATE entries SET conversation_id = ? WHERE conversation_id = ?;

-- outbox_move: merging conversations
UPDATE outbox SET conversation_id = ? WHERE conversation_id = ?;

-- tasks_move: merging conversations
UPDATE tasks SET conversation_id = ? WHERE conversation_id = ?;

-- conversation_absorb: the kept one takes over what the dropped one knew
UPDATE conversations SET version = version + 1, last_guest_ms = max(last_guest_ms, ?),
  last_staff_ms = max(last_staff_ms, ?), last_answer_ms = max(last_answer_ms, ?),
  held_by = CASE WHEN held_until_ms >= ? THEN held_by ELSE ? END, held_until_ms = max(held_until_ms, ?),
  last_activity_ms = max(last_activity_ms, ?) WHERE conversation_id = ?;

-- stay_put: create or update by source and code
INSERT INTO stays (stay_id, source, code, arrival, departure, room, flight, name, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, code) DO UPDATE SET arrival = excluded.arrival, departure = excluded.departure,
  room = excluded.room, flight = excluded.flight, name = excluded.name, state = excluded.state;

-- stay_find: by its booking code
SELECT stay_id, source, code, arrival, departure, room, flight, name, state FROM stays WHERE source = ? AND code = ?;

-- stays_code: a guest says only the code
SELECT stay_id, source, code, arrival, departure, room, flight, name, state FROM stays WHERE code = ?;

-- stays_arriving: a guest says name and day
SELECT stay_id, source, code, arrival, departure, room, flight, name, state FROM stays WHERE arrival = ?;

-- stays_flight: whom a flight brings
SELECT s.stay_id, s.source, s.code, s.arrival, s.departure, s.room, s.flight, s.name, s.state, g.guest_id, g.role
FROM stays s JOIN stay_guests g ON g.stay_id = s.stay_id
WHERE s.flight = ? AND s.flight <> '' AND s.arrival BETWEEN ? AND ? AND s.state = 'booked';

-- stays_guest: what a guest has booked, newest arrival first
SELECT s.stay_id, s.source, s.code, s.arrival, s.departure, s.room, s.flight, s.name, s.state, g.role
FROM stay_guests g JOIN stays s ON s.stay_id = g.stay_id WHERE g.guest_id = ? ORDER BY s.arrival DESC LIMIT ?;

-- stays_list: for the command line and the console
SELECT stay_id, source, code, arrival, departure, room, flight, name, state FROM stays
WHERE arrival >= ? ORDER BY arrival, stay_id LIMIT ?;

-- stays_page: for other systems, by day of arrival
SELECT stay_id, source, code, arrival, departure, room, flight, name, state FROM stays
WHERE (arrival, stay_id) > (?, ?) ORDER BY arrival, stay_id LIMIT ?;

-- stay_get: one stay
SELECT stay_id, source, code, arrival, departure, room, flight, name, state FROM stays WHERE stay_id = ?;

-- stay_guests_of: who belongs to it, the booker first
SELECT m.guest_id, m.role, g.name FROM stay_guests m JOIN guests g ON g.guest_id = m.guest_id
WHERE m.stay_id = ? ORDER BY m.role, m.guest_id;

-- stay_guest_put: who belongs to a stay
INSERT INTO stay_guests (guest_id, stay_id, role) VALUES (?, ?, ?)
ON CONFLICT (guest_id, stay_id) DO UPDATE SET role = excluded.role;

-- stay_guests_book: merging guests, who of the two has booked has booked
UPDATE stay_guests SET role = 'booker' WHERE guest_id = ?
  AND stay_id IN (SELECT stay_id FROM stay_guests WHERE guest_id = ? AND role = 'booker');

-- stay_guests_move: merging guests
UPDATE OR IGNORE stay_guests SET guest_id = ? WHERE guest_id = ?;

-- stay_guests_drop: what the move left because the kept guest has it too
DELETE FROM stay_guests WHERE guest_id = ?;

-- event_add: a mesh event, once by its id; after what waits under its key, also within one moment
INSERT INTO events (event_id, order_key, type, source, body, fingerprint, state, accepted_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, max(?8, coalesce((SELECT max(e.accepted_ms) + 1 FROM events e
  WHERE e.order_key = ?2 AND e.order_key <> '' AND e.state = 'waiting'), 0)));

-- event_get: one event
SELECT event_id, order_key, type, source, body, fingerprint, state, attempts, targets, accepted_ms, last_error
FROM events WHERE event_id = ?;

-- event_step: its timeline
INSERT INTO event_steps (event_id, step, at_ms, what, detail)
VALUES (?, (SELECT coalesce(max(step), 0) + 1 FROM event_steps WHERE event_id = ?), ?, ?, ?);

-- event_steps: its whole timeline
SELECT step, at_ms, what, detail FROM event_steps WHERE event_id = ? ORDER BY step;

-- events_waiting: what its targets have not taken yet, in order of acceptance; of each key only the first (G6)
SELECT o.event_id, o.order_key, o.type, o.source, o.body, o.attempts, o.targets FROM events o WHERE o.state = 'waiting'
  AND (o.order_key = '' OR NOT EXISTS (SELECT 1 FROM events e WHERE e.order_key = o.order_key AND e.order_key <> ''
    AND e.state = 'waiting' AND (e.accepted_ms, e.event_id) < (o.accepted_ms, o.event_id)))
ORDER BY o.accepted_ms, o.event_id LIMIT ?;

-- event_state: what became of it
UPDATE events SET state = ?, attempts = ?, targets = ?, last_error = ? WHERE event_id = ?;

-- event_again: it is sent again; targets that took it while another was missing keep it
UPDATE events SET state = 'waiting', attempts = 0, last_error = '',
  targets = CASE WHEN state = 'unrouted' THEN targets ELSE '[]' END WHERE event_id = ?;

-- events_list: newest last
SELECT event_id, order_key, type, source, body, state, attempts, targets, accepted_ms, last_error FROM events
WHERE (accepted_ms, event_id) > (?, ?) AND (?3 = '' OR state = ?3) AND (?4 = '' OR type = ?4)
ORDER BY accepted_ms, event_id LIMIT ?5;

-- events_to_replay: what is sent again, oldest first
SELECT accepted_ms, event_id FROM events WHERE state = ?1 AND (accepted_ms, event_id) > (?2, ?3) AND accepted_ms < ?4
  AND (?5 = '' OR type = ?5) ORDER BY accepted_ms, event_id LIMIT ?6;

-- events_count: for the status
SELECT state, count(*) FROM events GROUP BY state;

-- timer_put: set a timer by its name
INSERT INTO timers (timer_id, kind, due_ms, cron, zone, payload) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (timer_id) DO UPDATE SET kind = excluded.kind, due_ms = excluded.due_ms, cron = excluded.cron,
  zone = excluded.zone, payload = excluded.payload;

-- timer_get: is it set, and as it should be?
SELECT kind, due_ms, cron, zone, payload FROM timers WHERE timer_id = ?;

-- timers_due: what is due now
SELECT timer_id, kind, due_ms, cron, zone, payload FROM timers WHERE due_ms <= ? ORDER BY due_ms, timer_id LIMIT ?;

-- timer_next: when to look again
SELECT min(due_ms) FROM timers;

-- timer_move: a repeating timer's next time
UPDATE timers SET due_ms = ? WHERE timer_id = ? AND due_ms = ?;

-- timer_drop: a one-shot timer is done
DELETE FROM timers WHERE timer_id = ? AND due_ms = ?;

-- media_add: a file to fetch
INSERT OR IGNORE INTO media (entry_id, channel, reference, mime_type, state, due_ms) VALUES (?, ?, ?, ?, 'waiting', ?);

-- media_due: files to fetch now
SELECT entry_id, channel, reference, mime_type, attempts FROM media WHERE state = 'waiting' AND due_ms <= ?
ORDER BY due_ms LIMIT ?;

-- media_get: a conversation's file
SELECT entry_id, channel, reference, mime_type, state, sha256, size, error FROM media WHERE entry_id = ?;

-- media_kept: it is on disk
UPDATE media SET state = 'kept', sha256 = ?, size = ?, mime_type = ?, error = '' WHERE entry_id = ?;

-- media_again: try later, or give up
UPDATE media SET state = ?, due_ms = ?, attempts = attempts + 1, error = ? WHERE entry_id = ?;

-- entries_gone_on: has the guest said anything since that moment that is more than a nod?
SELECT 1 FROM entries WHERE conversation_id = ?1 AND kind = 'message'
  AND (disposed_ms IS NULL OR disposed_ms > ?2)
  AND coalesce(reason, '') NOT IN ('thanks', 'reaction', 'sticker') LIMIT 1;

-- entries_turn: what the guest said of which was decided at that moment
SELECT payload FROM entries WHERE conversation_id = ? AND disposed_ms = ? AND kind = 'message' ORDER BY at_ms, entry_id;

-- entries_trace: how the desk came to what it decided at that moment
SELECT trace FROM entries WHERE conversation_id = ? AND disposed_ms = ? AND trace IS NOT NULL LIMIT 1;
