import { EventEmitter } from 'node:events';
import { createContext } from 'intentkit';
import { describe, expect, it } from 'vitest';

describe('createContext', () => {
  it('createContext uses the role admin by default, which may do everything', async () => {
    const context = await createContext();
    expect([context.role, context.allows(['auth:sign', 'anything'])]).toEqual(['admin', true]);
  });

  it.each<[grants: string[], needs: string[], allowed: boolean]>([
    [['*'], ['auth:sign'], true],
    [['auth:sign'], ['auth:sign'], true],
    [['auth:verify'], ['auth:sign'], false],
    [['auth:*'], ['auth:sign', 'auth:read'], true],
    [['auth:*'], ['authors:read'], false],
    [['auth:*'], ['auth'], false],
    [['auth:s*'], ['auth:sign'], false],
    [['auth:sign', 'auth:read'], ['auth:sign', 'auth:read'], true],
    [['auth:sign'], ['auth:sign', 'auth:read'], false],
    [[], ['auth:sign'], false],
    [[], [], true],
  ])('a role with the grants %j has the permissions %j: %s', async (grants, needs, allowed) => {
    const context = await createContext({ roles: { agent: grants }, defaultRole: 'agent' });
    expect(context.allows(needs)).toBe(allowed);
  });

  it.each(['owner', 'constructor', '__proto__', ''])(
    'createContext refuses the role %j, which does not exist',
    async (role) => {
      const creating = createContext({ roles: { admin: ['*'], reader: [] }, defaultRole: role });
      await expect(creating).rejects.toThrow(`The role "${role}" does not exist; use one of: admin, reader.`);
    },
  );

  it('createContext refuses roles without admin, unless a default role is given', async () => {
    await expect(createContext({ roles: { reader: [] } })).rejects.toThrow('The role "admin" does not exist');
  });

  it('createContext creates an event emitter only with events: true', async () => {
    expect((await createContext({ events: true })).events).toBeInstanceOf(EventEmitter);
    expect((await createContext()).events).toBeUndefined();
  });
});
