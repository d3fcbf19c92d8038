import type { Provider } from 'intentkit';
import { describe, expect, it, vi } from 'vitest';
import { Providers } from '../../../host/src/providers.js';

/** Records what the host asks of providers, in order. */
function recorder() {
  const events: string[] = [];
  const provider = (name: string, parts: Partial<Provider> = {}): Provider => ({
    name,
    initialize: async () => {
      events.push(`initialize ${name}`);
      return `client of ${name}`;
    },
    healthCheck: async () => {
      events.push(`check ${name}`);
      return true;
    },
    shutdown: async () => {
      events.push(`shutdown ${name}`);
    },
    ...parts,
  });
  const warnings: string[] = [];
  return { events, provider, warnings, warn: (sentence: string) => void warnings.push(sentence) };
}

describe('Providers', () => {
  it('starts and checks each provider once, and keeps its client under its name', async () => {
    const { events, provider, warnings, warn } = recorder();
    const providers = new Providers([provider('auth'), provider('db')], warn);
    await providers.start();
    expect(providers.clients).toEqual({ auth: 'client of auth', db: 'client of db' });
    expect(events.toSorted()).toEqual(['check auth', 'check db', 'initialize auth', 'initialize db']);
    expect(warnings).toEqual([]);
  });

  it('shuts every provider down once, however often it is stopped', async () => {
    const { events, provider, warn } = recorder();
    const providers = new Providers([provider('auth'), provider('db')], warn);
    await providers.start();
    await Promise.all([providers.stop(), providers.stop()]);
    await providers.stop();
    expect(events.filter((event) => event.startsWith('shutdown'))).toEqual(['shutdown auth', 'shutdown db']);
  });

  it('refuses two providers of one name', () => {
    const { provider, warn } = recorder();
    expect(() => new Providers([provider('auth'), provider('auth')], warn)).toThrow(
      'Two providers are named "auth"; give one of them another name.',
    );
  });

  it.each<{ what: string; healthCheck: Provider['healthCheck'] }>([
    { what: 'says no', healthCheck: async () => false },
    { what: 'rejects', healthCheck: () => Promise.reject(new Error('postgres://user:pw@db')) },
    {
      what: 'throws',
      healthCheck: () => {
        throw new Error('postgres://user:pw@db');
      },
    },
  ])('warns, and starts all the same, when a health check $what', async ({ healthCheck }) => {
    const { provider, warnings, warn } = recorder();
    const providers = new Providers([provider('db', { healthCheck })], warn);
    await providers.start();
    await vi.waitFor(() =>
      expect(warnings).toEqual(['The provider "db" is not healthy; functions that need it may fail.']),
    );
    expect(providers.clients.db).toBe('client of db');
  });

  it('does not wait for a slow health check', async () => {
    const { provider, warn } = recorder();
    const providers = new Providers([provider('db', { healthCheck: () => new Promise(() => {}) })], warn);
    await expect(providers.start()).resolves.toBeUndefined();
  });

  it('shuts down what had started when a later provider does not start, and says which and why', async () => {
    const { events, provider, warn } = recorder();
    const broken = provider('db', { initialize: () => Promise.reject(new Error('The server is away.')) });
    const providers = new Providers([provider('auth'), broken, provider('mail')], warn);
    await expect(providers.start()).rejects.toThrow('The provider "db" did not start: The server is away.');
    expect(events).toEqual(['initialize auth', 'check auth', 'shutdown auth']);
  });

  it.each<{ what: string; shutdown: Provider['shutdown'] }>([
    { what: 'rejects', shutdown: () => Promise.reject(new Error('busy')) },
    {
      what: 'throws',
      shutdown: () => {
        throw new Error('busy');
      },
    },
  ])('still shuts the others down, and warns, when a shutdown $what', async ({ shutdown }) => {
    const { events, provider, warnings, warn } = recorder();
    const providers = new Providers([provider('db', { shutdown }), provider('auth')], warn);
    await providers.start();
    await providers.stop();
    expect(events).toContain('shutdown auth');
    expect(warnings).toEqual(['The provider "db" did not shut down cleanly.']);
  });
});
