import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SignedToken } from '../../../src/signature/engine.js';
import { ThreadPool } from '../../../src/signature/thread-pool.js';

/** A pool for several processors, also where the tests have only one. */
const newPool = (): ThreadPool => new ThreadPool({ setImmediate, nextTick: process.nextTick });
const someToken = (): SignedToken => ({
  compact: '',
  header: { alg: 'ES256' },
  signingInput: '',
  signature: new Uint8Array(),
});
const laterTurn = (): Promise<void> => setTimeout(1);

let pool = newPool();
const ask = (): boolean => pool.takes(someToken());

/** Asks once in each of three callbacks that run in the same turn of the event loop. */
const askInOneTurn = (): Promise<boolean[]> =>
  new Promise((resolve) => {
    const answers: boolean[] = [];
    const callback = (): void => {
      answers.push(ask());
      if (answers.length === 3) resolve(answers);
    };
    for (let count = 0; count < 3; count += 1) setImmediate(callback);
  });

/** Starts work in the pool. Returns the function that ends it. */
function occupy(): { answer: Promise<string>; end: (error: Error | null, isValid: boolean) => void } {
  let end = (_error: Error | null, _isValid: boolean): void => {};
  const answer = pool.run((done) => {
    end = done;
  });
  return { answer, end: (error, isValid) => end(error, isValid) };
}

beforeEach(() => {
  pool = newPool();
});

describe('The thread pool takes', () => {
  it('none of the tokens of a loop that awaits each verification', async () => {
    const verify = async (): Promise<boolean> => ask();
    const loop = async (): Promise<boolean[]> => {
      const answers: boolean[] = [];
      for (let count = 0; count < 5; count += 1) answers.push(await verify());
      return answers;
    };
    const alone = Array(5).fill(false);
    expect(await loop()).toEqual(alone);
    await laterTurn();
    // This loop starts in the callback itself, not in one of its microtasks.
    expect(await new Promise((resolve) => setImmediate(() => resolve(loop())))).toEqual(alone);
  });

  it('all but the first of the tokens that one synchronous block verifies', async () => {
    expect([ask(), ask(), ask()]).toEqual([false, true, true]);
    await Promise.resolve();
    expect(ask()).toBe(false);
  });

  it('all but the first of the tokens that the callbacks of one turn verify', async () => {
    expect(await askInOneTurn()).toEqual([false, true, true]);
    await laterTurn();
    expect(await askInOneTurn()).toEqual([false, true, true]);
  });

  it('no token because it is tried with a second key', () => {
    const token = someToken();
    expect([pool.takes(token), pool.takes(token), ask()]).toEqual([false, false, true]);
  });

  it.each([
    ['is valid', null, true],
    ['is invalid', null, false],
    ['fails', new Error('no memory'), false],
  ] as const)('every token while a verification is in flight, until it %s', async (_, error, isValid) => {
    const [one, other] = [occupy(), occupy()];
    await laterTurn();
    expect([ask(), await askInOneTurn()]).toEqual([true, [true, true, true]]);
    one.end(null, true);
    expect([ask(), await one.answer]).toEqual([true, 'valid']);
    other.end(error, isValid);
    expect(ask()).toBe(false);
    expect(await other.answer.catch((reason) => reason)).toBe(error ?? (isValid ? 'valid' : 'invalid'));
  });

  it('no token with a single processor', async () => {
    pool = new ThreadPool(null);
    expect([ask(), ask(), await askInOneTurn()]).toEqual([false, false, [false, false, false]]);
  });

  it('a token again if work could not start', async () => {
    const failure = new Error('no such key');
    const failed = pool.run(() => {
      throw failure;
    });
    await expect(failed).rejects.toBe(failure);
    expect(ask()).toBe(false);
  });
});

it('Work in the thread pool ends in the context of its caller', async () => {
  const caller = new AsyncLocalStorage<string>();
  const { answer, end } = occupy();
  const seen = caller.run('this request', async () => {
    await answer;
    return caller.getStore();
  });
  caller.run('another request', () => end(null, true));
  expect(await seen).toBe('this request');
});
