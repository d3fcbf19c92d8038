import { EventEmitter } from 'node:events';
import { createContext } from 'intentkit';
import { describe, expect, it } from 'vitest';

describe('createContext', () => {
  it('serves the role admin, which may do everything, when no roles are given', async () => {
    const context = await createContext({ events: true });
    expect(context.role).toBe('admin');
    expect(context.allows(['auth:sign', 'anything'])).toBe(true);
  });

  it.each([
    { grants: ['*'], needs: ['auth:sign'], allowed: true },
    { grants: ['auth:sign'], needs: ['auth:sign'], allowed: true },
    { grants: ['auth:verify'], needs: ['auth:sign'], allowed: false },
    { grants: ['auth:*'], needs: ['auth:sign', 'auth:read'], allowed: true },
    { grants: ['auth:*'], needs: ['authors:read'], allowed: false },
    { grants: ['auth:*'], needs: ['auth'], allowed: false },
    { grants: ['auth:s*'], needs: ['auth:sign'], allowed: false },
    { grants: ['auth:sign', 'auth:read'], needs: ['auth:sign', 'auth:read'], allowed: true },
    { grants: ['auth:sign'], needs: ['auth:sign', 'auth:read'], allowed: false },
    { grants: [], needs: ['auth:sign'], allowed: false },
    { grants: [], needs: [], allowed: true },
  ])('a role with $grants asked for $needs: $allowed', async ({ grants, needs, allowed }) => {
    const context = await createContext({ roles: { agent: grants }, defaultRole: 'agent' });
    expect(context.allows(needs)).toBe(allowed);
  });

  it.each(['owner', 'constructor', '__proto__', ''])(
    'refuses the role %j, which is not among the roles',
    async (role) => {
      const creating = createContext({ roles: { admin: ['*'], reader: [] }, defaultRole: role });
      await expect(creating).rejects.toThrow(`The role "${role}" does not exist; use one of: admin, reader.`);
    },
  );

  it('refuses roles without admin when no default role is named', async () => {
    await expect(createContext({ roles: { reader: [] } })).rejects.toThrow('The role "admin" does not exist');
  });

  it('has an event emitter when asked for one, and none otherwise', async () => {
    expect((await createContext({ events: true })).events).toBeInstanceOf(EventEmitter);
    expect((await createContext()).events).toBeUndefined();
  });
});
