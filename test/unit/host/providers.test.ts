import type { Provider } from 'intentkit';
import { describe, expect, it, vi } from 'vitest';
import { Providers } from '../../../host/src/providers.js';

/** Records the calls of the providers, in order, and the warnings of the host. */
function recorder() {
  const events: string[] = [];
  const warnings: string[] = [];
  const log = async <T>(event: string, result: T): Promise<T> => {
    events.push(event);
    return result;
  };
  const provider = (name: string, parts: Partial<Provider> = {}): Provider => ({
    name,
    initialize: () => log(`initialize ${name}`, `client of ${name}`),
    healthCheck: () => log(`check ${name}`, true),
    shutdown: () => log(`shutdown ${name}`, undefined),
    ...parts,
  });
  const host = (...providers: Provider[]): Providers =>
    new Providers(providers, (sentence) => void warnings.push(sentence));
  return { events, warnings, provider, host };
}

const rejects = (): Promise<never> => Promise.reject(new Error('postgres://user:pw@db'));
const throws = (): never => {
  throw new Error('postgres://user:pw@db');
};

describe('Providers', () => {
  it('Providers starts and checks each provider once, and keeps its client under its name', async () => {
    const { events, warnings, provider, host } = recorder();
    const providers = host(provider('auth'), provider('db'));
    await providers.start();
    expect(providers.clients).toEqual({ auth: 'client of auth', db: 'client of db' });
    expect(events.toSorted()).toEqual(['check auth', 'check db', 'initialize auth', 'initialize db']);
    expect(warnings).toEqual([]);
  });

  it('Providers shuts each provider down once, even if it is stopped again', async () => {
    const { events, provider, host } = recorder();
    const providers = host(provider('auth'), provider('db'));
    await providers.start();
    await Promise.all([providers.stop(), providers.stop()]);
    await providers.stop();
    expect(events.filter((event) => event.startsWith('shutdown'))).toEqual(['shutdown auth', 'shutdown db']);
  });

  it('Providers refuses two providers with the same name', () => {
    const { provider, host } = recorder();
    const message = 'Two providers are named "auth"; give one of them another name.';
    expect(() => host(provider('auth'), provider('auth'))).toThrow(message);
  });

  it.each<[how: string, healthCheck: Provider['healthCheck']]>([
    ['resolves with false', async () => false],
    ['rejects', rejects],
    ['throws', throws],
  ])('Providers warns and starts anyway when a health check %s', async (_, healthCheck) => {
    const { warnings, provider, host } = recorder();
    const providers = host(provider('db', { healthCheck }));
    await providers.start();
    const warning = 'The provider "db" is not healthy; functions that need it may fail.';
    await vi.waitFor(() => expect(warnings).toEqual([warning]));
    expect(providers.clients.db).toBe('client of db');
  });

  it('Providers does not wait for a slow health check', async () => {
    const { provider, host } = recorder();
    const slow = provider('db', { healthCheck: () => new Promise(() => {}) });
    await expect(host(slow).start()).resolves.toBeUndefined();
  });

  it('Providers shuts down the started providers when the next one fails, and names that one and the reason', async () => {
    const { events, provider, host } = recorder();
    const initialize = () => Promise.reject(new Error('The server is away.'));
    const providers = host(provider('auth'), provider('db', { initialize }), provider('mail'));
    await expect(providers.start()).rejects.toThrow('The provider "db" did not start: The server is away.');
    expect(events).toEqual(['initialize auth', 'check auth', 'shutdown auth']);
  });

  it.each<[how: string, shutdown: Provider['shutdown']]>([
    ['rejects', rejects],
    ['throws', throws],
  ])('Providers shuts the others down, and warns, when a shutdown %s', async (_, shutdown) => {
    const { events, warnings, provider, host } = recorder();
    const providers = host(provider('db', { shutdown }), provider('auth'));
    await providers.start();
    await providers.stop();
    expect(events).toContain('shutdown auth');
    expect(warnings).toEqual(['The provider "db" did not shut down cleanly.']);
  });
});
