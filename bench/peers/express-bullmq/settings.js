// Reads the settings both processes share from the environment.
import { readFileSync } from 'node:fs';

const need = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

export const port = Number(process.env.PORT ?? 3000);
export const appSecret = need('WHATSAPP_APP_SECRET');
export const accessToken = need('WHATSAPP_ACCESS_TOKEN');
export const phoneNumberId = need('WHATSAPP_PHONE_NUMBER_ID');
export const apiUrl = new URL(need('WHATSAPP_API_URL'));
export const concurrency = Number(process.env.WORKER_CONCURRENCY ?? 10);
export const jobPerStatus = process.env.STATUS_JOBS === 'each';
export const rateLimitPerMinute = Number(process.env.RATE_LIMIT_PER_MINUTE ?? 600);

// maxRetriesPerRequest null is what BullMQ asks of a worker's connection; pipelining joins the commands of one tick.
export const redis = { path: need('REDIS_SOCKET'), maxRetriesPerRequest: null };

export const topics = JSON.parse(readFileSync(new URL('./topics.json', import.meta.url), 'utf8'));
