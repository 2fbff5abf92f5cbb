// The webhook: checks the signature, puts every message and status into the queue, then answers 200.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Queue } from 'bullmq';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import Redis from 'ioredis';
import { appSecret, jobPerStatus, port, rateLimitPerMinute, redis } from './settings.js';

const BODY_LIMIT = '4mb';
const DAY_SECONDS = 24 * 60 * 60;
// A finished message stays for a while: its job id is what tells a repeated webhook from a new one.
const KEEP_MESSAGES = { age: DAY_SECONDS, count: 10_000 };
const KEEP_FAILED = { age: 7 * DAY_SECONDS };
const RETRY = { attempts: 5, backoff: { type: 'exponential', delay: 1000 } };

const connection = new Redis(redis);
const messageQueue = new Queue('messages', {
  connection,
  defaultJobOptions: { ...RETRY, removeOnComplete: KEEP_MESSAGES, removeOnFail: KEEP_FAILED },
});
// Writing a status twice changes nothing, so finished status jobs need not stay.
const statusQueue = new Queue('statuses', {
  connection,
  defaultJobOptions: { ...RETRY, removeOnComplete: true, removeOnFail: KEEP_FAILED },
});

function signedByMeta(request) {
  const header = request.get('x-hub-signature-256') ?? '';
  if (!header.startsWith('sha256=')) return false;
  const given = Buffer.from(header.slice(7), 'hex');
  const expected = createHmac('sha256', appSecret).update(request.body).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function jobsOf(body) {
  const messages = [];
  const statuses = [];
  for (const entry of body.entry ?? []) {
    for (const { field, value } of entry.changes ?? []) {
      if (field !== 'messages') continue;
      for (const message of value.messages ?? []) {
        const name = value.contacts?.find((contact) => contact.wa_id === message.from)?.profile?.name;
        messages.push({ name: message.type, data: { message, name }, opts: { jobId: message.id } });
      }
      if (value.statuses?.length) statuses.push(...value.statuses);
    }
  }
  return { messages, statuses };
}

// A status is a few dozen bytes and its work a single write, so the statuses of one webhook share a job, unless told otherwise.
function enqueueStatuses(statuses, rawBody) {
  if (jobPerStatus) {
    const job = (status) => ({ name: 'status', data: { statuses: [status] }, opts: { jobId: `${status.id}-${status.status}` } });
    return statusQueue.addBulk(statuses.map(job));
  }
  const jobId = createHash('sha1').update(rawBody).digest('hex');
  return statusQueue.add('statuses', { statuses }, { jobId });
}

function enqueueMessages(messages) {
  if (messages.length > 1) return messageQueue.addBulk(messages);
  const [{ name, data, opts }] = messages;
  return messageQueue.add(name, data, opts);
}

async function takeWebhook(request, response) {
  if (!Buffer.isBuffer(request.body) || !signedByMeta(request)) return response.status(401).end();
  const { messages, statuses } = jobsOf(JSON.parse(request.body));
  const writes = [];
  if (messages.length) writes.push(enqueueMessages(messages));
  if (statuses.length) writes.push(enqueueStatuses(statuses, request.body));
  await Promise.all(writes);
  response.status(200).end();
}

const app = express();
app.disable('x-powered-by');
app.set('etag', false);
app.get('/health', (_request, response) => response.json({ status: 'ok' }));
app.post(
  '/webhooks/whatsapp',
  rateLimit({ windowMs: 60_000, limit: rateLimitPerMinute, standardHeaders: false, legacyHeaders: false }),
  express.raw({ type: 'application/json', limit: BODY_LIMIT }),
  takeWebhook,
);
app.use((error, _request, response, _next) => {
  const status = error.status ?? error.statusCode ?? (error instanceof SyntaxError ? 400 : 503);
  if (status >= 500) console.error(error);
  response.status(status).end();
});

const server = app.listen(port, '127.0.0.1', 4096, (error) => {
  if (error) throw error;
});
server.keepAliveTimeout = 75_000;

process.once('SIGTERM', () => {
  server.close(async () => {
    await Promise.all([messageQueue.close(), statusQueue.close()]);
    connection.disconnect();
  });
  server.closeIdleConnections();
});
