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
