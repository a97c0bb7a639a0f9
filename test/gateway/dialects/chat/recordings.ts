import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';

/** A recorded answer of a vendor, as the bytes that a gateway gets from it. */
export interface Recording {
  name: string;
  bytes: Buffer;
}

/** Files whose JSON is of another API although no prefix of their name says so. */
const OTHER_APIS = /transcription|responses--|completion--|embedding--|image--|speech-|openai-file-search/;
/** `azure-text` is a recording of the Responses API; its chat recordings are the model router's and the exchange's. */
const AZURE_RESPONSES = /^azure-text/;

const FOLDERS = ['azure', 'deepseek', 'groq', 'mistral', 'openai', 'openai-compatible', 'xai'];

/** All recordings of chat answers below `KT_CORPUS_DIR`. */
export function readRecordings(corpus: string): {
  answers: Recording[];
  streams: Recording[];
  errors: Recording[];
} {
  const answers: Recording[] = [];
  const streams: Recording[] = [];
  const errors: Recording[] = [];
  for (const folder of FOLDERS) {
    for (const file of readdirSync(join(corpus, 'providers', folder)).sort()) {
      if (OTHER_APIS.test(file) || AZURE_RESPONSES.test(file)) continue;
      const bytes = readFileSync(join(corpus, 'providers', folder, file));
      const name = `${folder}/${file}`;
      if (file.endsWith('.json')) answers.push({ name, bytes });
      else if (file.endsWith('.sse')) streams.push({ name, bytes });
      else streams.push({ name, bytes: framed(bytes.toString()) });
    }
  }
  const exchanges = join(corpus, 'providers', 'openai-exchanges');
  for (const file of readdirSync(exchanges).sort()) {
    if (!/chat-.*\.yaml$/.test(file)) continue;
    const { interactions } = parse(readFileSync(join(exchanges, file), 'utf8')) as {
      interactions: { response: { body: string; code: number } }[];
    };
    for (const { response } of interactions) {
      const recording = { name: basename(file), bytes: Buffer.from(response.body) };
      if (response.code !== 200) errors.push(recording);
      else if (response.body.startsWith('data:')) streams.push(recording);
      else answers.push(recording);
    }
  }
  return { answers, streams, errors };
}

/** One event's JSON a line becomes the stream that the vendor sent. */
function framed(lines: string): Buffer {
  const events = lines.split('\n').filter((line) => line.trim() !== '');
  return Buffer.from([...events, '[DONE]'].map((event) => `data: ${event}\n\n`).join(''));
}
