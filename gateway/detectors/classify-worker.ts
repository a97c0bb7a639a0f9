import { parentPort, workerData } from 'node:worker_threads';
import { classify } from './classify.ts';

/** Runs in a worker thread: answers one message a pattern, in order, so that one slow pattern loses no other. */
for (const source of workerData as readonly string[]) parentPort?.postMessage([source, classify(source)]);
