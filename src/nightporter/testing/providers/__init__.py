"""Provider fakes: the Cloud API and Spoki as pure cores, with a real server around them.

Cores (no network, no clock; every call says what time it is; chance is any `clock.Chance`, e.g. `chance.Dice(seed)`):

    meta.MetaProvider(chance, account=MetaAccount(), behaviour=Behaviour(), ledger=Ledger(), webhook_url=None)
    spoki.SpokiProvider(chance, account=SpokiAccount(), behaviour=..., ledger=..., webhook_url=None)

Both are a `core.ProviderCore`:

    .arrival_delay_ms() -> int                    wait this long before `handle` gets the request
    .handle(method, path, headers, body, now_ms) -> wire.Answer(status, headers, body, delay_ms, action, accepted_id)
                                                  action: answer | reset_before | reset_after | never
    .due(now_ms) -> [wire.Webhook(id, url, headers, body, contents, attempt, ...)]
    .webhook_result(id, http_status | None, now_ms)   once for each; all but 200 comes again with exponential backoff
    .next_due_ms() -> int | None;  .in_flight() -> [id];  .waiting() -> int
    .guest_sends(guest, kind, now_ms, args=None) -> message id
    .fail_next(["reset_after", "code:131026", {"kind": "slow_after", "delay_ms": 9000}, "none"], route="messages")
    .set_token(token);  .act(name, now_ms, args);  .behaviour;  .ledger;  .webhook_url

`guest` is a phone, a BSUID, a `guests.Guest`, or `{phone?, bsuid?, name?, username?, parent_bsuid?}`. `kind` and `args`
are a builder of `builders.BUILDERS` with its arguments, plus the options at_ms, delay_ms, id, reply_to, number,
group_id, referral, forwarded, content, mime_type. Of the Cloud API also: `.fail_status_next([131026, 0])`,
`.tell_status(wamid, status, now_ms, code=0)`, `.handshake(verify_token) -> (query, challenge)`, and `.phones` with
sends, open_window, staff_sends (echo), changes_number, changes_user_id, calls, prefers, account_news, error_news.
Of Spoki: open_window, staff_sends, tell_status.

`behaviour.Behaviour` holds rates, delays and chances (`p_*`, all 0 by default); change fields, or `.change({...})`.
`behaviour.Failure` lists the failures: {reset,error,unavailable,throughput,token,never,code}_before accept nothing,
{reset,error,never,slow,no_id}_after have accepted.

`ledger.Ledger(sink=None)`: `.accepted(to=, callback_data=, phone_number_id=) -> [Accepted]` (statuses: first left in a
webhook, told: first answered 200), `.find(id)`, `.refused(code)`, `.webhooks(http_status)`, `.of_kind(kind)`,
`.after(seq)`, `.watch(callback)`. Records, also as JSON lines: accepted, refused, failed, read, guest, status, webhook
(contents: [kind, id, status]), given_up.

Server: `server.ProviderServer(core, clock=None)`: `await start(host, port) -> base url`, `await stop()`, `async with`,
`poke()` after telling the core something in the same process, `await verify_webhook(token)`. Control over HTTP (JSON):

    POST /_fake/guest {"guest", "kind", "args"} | {"burst": [...]}     POST /_fake/act {"action", "args"}
    POST /_fake/behaviour {field: value}      POST /_fake/fail_next {"faults", "route"} | {"statuses": [codes]}
    POST /_fake/token {"token"}               POST /_fake/webhook_url {"url"}
    GET /_fake/ledger?after=&limit=&kind=     GET /_fake/accepted?to=&callback_data=     GET /_fake/state

Process: `python -m nightporter.testing.providers [--provider spoki] --port 0 --webhook-url URL --app-secret S --token T
--phone-number-id N --ledger FILE --behaviour JSON --seed N` prints `{"url", "provider"}` and serves until SIGTERM.
"""
