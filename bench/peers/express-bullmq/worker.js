// The worker: finds the topic of a guest's message, answers it through the breaker, records statuses.
import { Worker } from 'bullmq';
import Redis from 'ioredis';
import CircuitBreaker from 'opossum';
import { Pool } from 'undici';
import { accessToken, apiUrl, concurrency, phoneNumberId, redis, topics } from './settings.js';

const CONVERSATION_SECONDS = 30 * 24 * 60 * 60;
const STATUS_SECONDS = 7 * 24 * 60 * 60;
const SEND_TIMEOUT_MS = 5000;
const DEFAULT_LANGUAGE = 'en';

const connection = new Redis(redis);
// A connection of its own for the bot's state: a pipeline on BullMQ's would copy its several dozen scripts each time.
const state = new Redis(redis);
const provider = new Pool(apiUrl.origin, {
  connections: concurrency,
  keepAliveTimeout: 60_000,
  headersTimeout: SEND_TIMEOUT_MS,
  bodyTimeout: SEND_TIMEOUT_MS,
});
const sendPath = `${apiUrl.pathname.replace(/\/$/, '')}/${phoneNumberId}/messages`;
const sendHeaders = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };

async function post(payload) {
  const reply = await provider.request({ method: 'POST', path: sendPath, headers: sendHeaders, body: JSON.stringify(payload) });
  const body = await reply.body.json();
  if (reply.statusCode !== 200) throw new Error(`the provider answered ${reply.statusCode}: ${body.error?.message}`);
  return body.messages[0].id;
}

const breaker = new CircuitBreaker(post, {
  timeout: SEND_TIMEOUT_MS,
  errorThresholdPercentage: 50,
  volumeThreshold: 20,
  resetTimeout: 10_000,
});

const keywords = Object.entries(topics).flatMap(([topic, { words }]) =>
  Object.entries(words).flatMap(([language, list]) => list.map((word) => ({ topic, language, word }))),
);

function understand(text) {
  const lower = text.toLowerCase();
  return keywords.find(({ word }) => lower.includes(word)) ?? { topic: 'human', language: undefined };
}

function textOf(message) {
  return message.text?.body ?? message.button?.text ?? message.interactive?.button_reply?.title ?? '';
}

async function answer({ data: { message, name } }) {
  const { topic, language } = understand(textOf(message));
  const conversation = `conversation:${message.from}`;
  const spoken = language ?? (await state.hget(conversation, 'language')) ?? DEFAULT_LANGUAGE;
  const payload = {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: message.from,
    type: 'text',
    text: { body: topics[topic].reply[spoken] },
    biz_opaque_callback_data: message.id,
  };
  const sentId = await breaker.fire(payload);
  const last = { text: textOf(message), at: message.timestamp, topic, language: spoken, name: name ?? '', sentId };
  await state.pipeline().hset(conversation, last).expire(conversation, CONVERSATION_SECONDS).exec();
}

// Each status is a field of its own, so their order does not matter and repeats change nothing.
async function record({ data: { statuses } }) {
  const pipeline = state.pipeline();
  for (const { id, status, timestamp } of statuses) pipeline.hset(`status:${id}`, status, timestamp);
  for (const id of new Set(statuses.map((status) => status.id))) pipeline.expire(`status:${id}`, STATUS_SECONDS);
  await pipeline.exec();
}

const workers = [
  new Worker('messages', answer, { connection, concurrency }),
  new Worker('statuses', record, { connection, concurrency: Math.max(1, Math.floor(concurrency / 4)) }),
];
for (const worker of workers) {
  worker.on('error', (error) => console.error(error));
  worker.on('failed', (job, error) => console.error(`job ${job?.id} failed: ${error.message}`));
}

process.once('SIGTERM', async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  await provider.close();
  connection.disconnect();
  state.disconnect();
});
