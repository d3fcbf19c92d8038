/**
 * Runs in every test file. A test fails when it prints, or when it opens a connection beyond this machine: a test
 * run is silent, and it needs no network.
 */
import { Socket } from 'node:net';
import { afterEach, beforeEach, expect, vi } from 'vitest';

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\]|)$/;
const connect = Socket.prototype.connect;
let beyondLoopback: string[] = [];

/** The host of each of the forms in which `connect` takes it. `undefined`: a path, which is not the network. */
function hostOf(args: unknown[]): string | undefined {
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as [unknown, unknown];
  if (typeof first === 'object' && first !== null) {
    const { host, path } = first as { host?: string; path?: string };
    return path === undefined ? (host ?? 'localhost') : undefined;
  }
  return typeof second === 'string' ? second : 'localhost';
}

Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  const host = hostOf(args);
  if (host !== undefined && !LOOPBACK.test(host)) {
    beyondLoopback.push(host);
    throw new Error(`A test tried to connect to ${host}.`);
  }
  return Reflect.apply(connect, this, args);
} as typeof connect;

const METHODS = ['log', 'info', 'warn', 'error', 'debug'] as const;
let printed: string[] = [];

beforeEach(() => {
  printed = [];
  beyondLoopback = [];
  for (const method of METHODS) {
    vi.spyOn(console, method).mockImplementation((...text) => void printed.push(text.join(' ')));
  }
});

afterEach(() => {
  expect(printed).toEqual([]);
  expect(beyondLoopback).toEqual([]);
});
