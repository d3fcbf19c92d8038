import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readPipe } from '../../../cli/stdin.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Reads a pipe, with what was said and read until now. */
function read() {
  const pipe = new PassThrough();
  const seen: { said: string; text?: string } = { said: '' };
  const whole = readPipe(pipe, (text) => {
    seen.said += text;
  });
  whole.then(
    (text) => {
      seen.text = text;
    },
    () => {},
  );
  return { pipe, seen, whole };
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const NOTICE = 'Waiting up to 10 s for a token on stdin. Without one, close stdin: < /dev/null\n';

describe('A pipe on stdin', () => {
  it('is read to its end, without a word', async () => {
    const { pipe, seen, whole } = read();
    pipe.write('a');
    pipe.end('b');
    expect(await whole).toBe('ab');
    await pass(60_000);
    expect(seen.said).toBe('');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that is silent and open is named after two seconds, and given up after ten', async () => {
    const { pipe, seen } = read();
    await pass(1999);
    expect(seen).toEqual({ said: '' });
    await pass(1);
    expect(seen).toEqual({ said: NOTICE });
    await pass(7999);
    expect(seen).toEqual({ said: NOTICE });
    await pass(1);
    expect(seen).toEqual({ said: NOTICE, text: '' });
    expect(pipe.destroyed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that sends something and stays open is given up two seconds later', async () => {
    const { pipe, seen } = read();
    pipe.write('a');
    await pass(1999);
    pipe.write('b');
    await pass(1999);
    expect(seen).toEqual({ said: '' });
    await pass(1);
    expect(seen).toEqual({ said: '', text: 'ab' });
  });

  it('that never stops is given up after thirty seconds', async () => {
    const { pipe, seen } = read();
    const drip = setInterval(() => pipe.write('.'), 1000);
    await pass(29_999);
    expect(seen.text).toBeUndefined();
    await pass(1);
    expect(seen.text).toBe('.'.repeat(29));
    clearInterval(drip);
  });

  it('that sends more than any token is given up at once', async () => {
    const { pipe, whole } = read();
    pipe.write('x'.repeat(300_000));
    expect((await whole).length).toBeGreaterThan(262_144);
    expect(pipe.destroyed).toBe(true);
  });

  it('that breaks rejects, and leaves no timer', async () => {
    const { pipe, whole } = read();
    const broken = expect(whole).rejects.toThrow('broken');
    pipe.destroy(new Error('broken'));
    await broken;
    expect(vi.getTimerCount()).toBe(0);
  });
});
