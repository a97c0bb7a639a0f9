import { expect } from 'chai';
import fc from 'fast-check';
import { OutFrame } from '../../../gateway/dialects/frame.ts';
import { FrameQueue } from '../../../gateway/dialects/frame-queue.ts';

interface Plan {
  lanes: string[];
  choices: number[];
  wall: boolean;
  /** How many frames later its text is decided; texts of one lane are decided in order. */
  delay: number;
}

const plan: fc.Arbitrary<Plan> = fc
  .record({
    choices: fc.subarray([0, 1], { minLength: 0 }),
    fields: fc.subarray(['content', 'reasoning', 'call', 'refusal'], { maxLength: 2 }),
    wall: fc.integer({ min: 0, max: 20 }).map((roll) => roll === 10),
    delay: fc.integer({ min: 0, max: 10 }).map((roll) => (roll === 5 ? 60 : 0)),
  })
  .map(({ choices, fields, wall, delay }) => ({
    choices,
    lanes: choices.flatMap((choice) => fields.map((field) => `${choice}.${field}`)),
    wall: wall && choices.length > 0,
    delay: choices.length > 0 && fields.length > 0 ? delay : 0,
  }));

function frameOf({ lanes, choices, wall }: Plan, index: number): OutFrame {
  const raw = Buffer.from(`${index},`);
  const frame = new OutFrame({ raw, size: raw.length, data: null, ranges: [] });
  frame.lanes.push(...lanes);
  frame.choices.push(...choices);
  if (wall) frame.walls.push(...choices);
  frame.waiting = 1;
  return frame;
}

/** Sends frames through; each is decided when it is due and those before it in its lanes are. */
function through(plans: readonly Plan[]): number[] {
  const queue = new FrameQueue(1 << 20);
  const frames = plans.map(frameOf);
  const out: OutFrame[] = [];
  const decided = new Set<number>();
  const decide = (now: number): void => {
    for (const [index, { lanes, delay }] of plans.slice(0, now + 1).entries()) {
      if (decided.has(index) || index + delay > now) continue;
      const before = plans.findIndex(
        (other, at) => at < index && !decided.has(at) && other.lanes.some((lane) => lanes.includes(lane)),
      );
      if (before >= 0) continue;
      decided.add(index);
      frames[index]!.waiting--;
    }
  };
  for (const [index, frame] of frames.entries()) {
    queue.push(frame);
    decide(index);
    queue.take(out);
  }
  for (let late = 0; late <= plans.length + 60; late++) {
    decide(plans.length + late);
    queue.take(out);
  }
  expect(queue.length).to.equal(0);
  return Buffer.concat(out.map((frame) => frame.render()))
    .toString()
    .split(',')
    .slice(0, -1)
    .map(Number);
}

function mayPass(one: Plan, other: Plan): boolean {
  if (one.lanes.some((lane) => other.lanes.includes(lane))) return false;
  const shared = one.choices.some((choice) => other.choices.includes(choice));
  return !(shared && (one.wall || other.wall));
}

describe('frame queue', () => {
  it('sends each frame once, and lets pass only what may', () => {
    let passed = 0;
    fc.assert(
      fc.property(fc.array(plan, { maxLength: 80, size: 'max' }), (plans) => {
        const order = through(plans);
        expect([...order].sort((a, b) => a - b)).to.deep.equal(plans.map((_, index) => index));
        for (const [at, index] of order.entries()) {
          for (const later of order.slice(at + 1)) {
            if (later > index) continue;
            passed++;
            expect(mayPass(plans[later]!, plans[index]!), `${index} passed ${later}`).to.equal(true);
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(passed).to.be.greaterThan(100);
  });

  it('keeps the order where everything is decided soon', () => {
    fc.assert(
      fc.property(fc.array(plan, { maxLength: 80, size: 'max' }), (plans) => {
        const soon = plans.map((one) => ({ ...one, delay: Math.min(one.delay, 2) }));
        expect(through(soon)).to.deep.equal(plans.map((_, index) => index));
      }),
    );
  });

  it('sends those that are decided together in the order in which they came, and others before', () => {
    const queue = new FrameQueue(1 << 20);
    const out: OutFrame[] = [];
    const lanes = ['call a', 'call b', 'call a', 'call b', 'call c', 'call b', 'call a'];
    const waiting = lanes.map((lane, index) =>
      frameOf({ lanes: [lane], choices: [0], wall: false, delay: 0 }, index),
    );
    const beside = Array.from({ length: 40 }, (_, index) =>
      frameOf({ lanes: ['text'], choices: [0], wall: false, delay: 0 }, waiting.length + index),
    );
    for (const frame of beside) frame.waiting = 0;
    for (const frame of [...waiting, ...beside]) {
      queue.push(frame);
      queue.take(out);
    }
    expect(out).to.deep.equal(beside);
    for (const frame of waiting) frame.waiting = 0;
    queue.take(out);
    expect(out.slice(beside.length)).to.deep.equal(waiting);
  });

  it('stays fast where thousands of frames wait', () => {
    const queue = new FrameQueue(1 << 30);
    const out: OutFrame[] = [];
    const at = performance.now();
    for (let index = 0; index < 40_000; index++) {
      const choice = index % 8;
      const frame = frameOf(
        { lanes: [`${choice}.content`], choices: [choice], wall: false, delay: 0 },
        index,
      );
      if (choice === 7) frame.waiting = 0;
      queue.push(frame);
      queue.take(out);
    }
    expect(performance.now() - at).to.be.below(2000);
    expect(out.length).to.be.greaterThan(4000);
  });
});
